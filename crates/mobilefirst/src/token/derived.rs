//! What an application derived from an answer.

use std::any::Any;
use std::sync::{Arc, OnceLock};

/// A value that an application derived from an answer, kept beside it.
#[derive(Default)]
pub(crate) struct Derived(OnceLock<Arc<dyn Any + Send + Sync>>);

impl Derived {
    pub(crate) fn get<T: Any + Send + Sync>(&self, derive: impl FnOnce() -> T) -> Arc<T> {
        let Some(kept) = self.0.get() else {
            let derived = Arc::new(derive());
            // Another request may have been quicker, with an equal value.
            let _ = self.0.set(derived.clone());
            return derived;
        };
        match kept.clone().downcast() {
            Ok(derived) => derived,
            Err(_) => Arc::new(derive()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_derived_once_and_one_of_another_type_each_time() {
        let derived = Derived::default();
        let first = derived.get(|| 1_u8);
        let second = derived.get(|| 2_u8);
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(*derived.get(|| "a"), "a");
        assert_eq!(*derived.get(|| "b"), "b");
        assert_eq!(*derived.get(|| 3_u8), 1);
    }
}
