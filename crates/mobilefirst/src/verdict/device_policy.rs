//! Which devices are refused.

use serde::{Deserialize, Deserializer};

use crate::token::introspection::ActiveToken;
use crate::token::mfp_objects::{DeviceStatus, StatusBit};

/// Decides which callers are refused because of their device's status (`mfp-device.status`).
///
/// An administrator who blocks a device in the MobileFirst Operations Console stops its
/// calls to adapters at once. The tokens that it has stay active, so a resource server has
/// to look at the status itself.
///
/// By default, a device that is [`Lost`](DeviceStatus::Lost),
/// [`Stolen`](DeviceStatus::Stolen) or [`Disabled`](DeviceStatus::Disabled) is refused with
/// [`BlockedDevice`](crate::Reason::BlockedDevice), and so is one with a status
/// [unknown](DeviceStatus::Other) to this library, because most statuses block.
/// [`Expired`](DeviceStatus::Expired) does not affect what a device may do. A token without
/// a device or without a status passes; version 7 knows no status.
///
/// ```
/// # use mobilefirst::TokenValidatorBuilder;
/// use mobilefirst::{DevicePolicy, DeviceStatus};
///
/// # fn set(builder: TokenValidatorBuilder) -> TokenValidatorBuilder {
/// // A stranger may have found a lost device.
/// builder.device_policy(DevicePolicy::default().allow(DeviceStatus::Lost))
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DevicePolicy {
    /// A bit for each status that is refused.
    refused: u8,
}

impl DevicePolicy {
    /// Refuses no device.
    pub fn allow_all() -> Self {
        Self { refused: 0 }
    }

    /// Lets devices with this status pass. [`Other`](DeviceStatus::Other) stands for every
    /// status unknown to this library, whatever its text.
    #[must_use]
    pub fn allow(self, status: DeviceStatus) -> Self {
        let StatusBit(allowed) = StatusBit::of(&status);
        Self {
            refused: self.refused & !allowed,
        }
    }

    pub(crate) fn refuses(self, token: &ActiveToken) -> bool {
        let StatusBit(device) = token.device_status;
        self.refused & device != 0
    }
}

/// Refuses all devices but those that are active or expired.
impl Default for DevicePolicy {
    fn default() -> Self {
        let all = Self { refused: u8::MAX };
        all.allow(DeviceStatus::Active).allow(DeviceStatus::Expired)
    }
}

/// Reads `"refuse-blocked"`, the default, or `"allow-all"`.
impl<'de> Deserialize<'de> for DevicePolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "kebab-case")]
        enum Word {
            RefuseBlocked,
            AllowAll,
        }
        Ok(match Word::deserialize(deserializer)? {
            Word::RefuseBlocked => Self::default(),
            Word::AllowAll => Self::allow_all(),
        })
    }
}
