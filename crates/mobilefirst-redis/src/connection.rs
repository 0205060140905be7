//! A connection to the store.

use redis::aio::{ConnectionLike, MultiplexedConnection};
#[cfg(feature = "cluster")]
use redis::cluster_async::ClusterConnection;
use redis::{Cmd, FromRedisValue, Pipeline, RedisFuture, Value};

use crate::trouble::Trouble;

/// Clones share the connection.
#[derive(Clone)]
pub(crate) enum Connection {
    Server(MultiplexedConnection),
    #[cfg(feature = "cluster")]
    Cluster(ClusterConnection),
}

impl Connection {
    /// Sends a command that names no key to the server that keeps `key`.
    pub(crate) async fn ask_keeper<T: FromRedisValue>(
        &mut self,
        key: &str,
        command: Cmd,
    ) -> Result<T, Trouble> {
        let value = match self {
            Self::Server(connection) => {
                let _ = key;
                connection.send_packed_command(&command).await?
            }
            #[cfg(feature = "cluster")]
            Self::Cluster(cluster) => {
                use redis::cluster_routing::{Route, RoutingInfo, SingleNodeRoutingInfo, SlotAddr};

                let route = Route::new(slot(key), SlotAddr::Master);
                let node = SingleNodeRoutingInfo::SpecificNode(route);
                let routing = RoutingInfo::SingleNode(node);
                cluster.route_command(command, routing).await?
            }
        };
        let value = value.extract_error()?;
        T::from_redis_value(value).map_err(|_| Trouble::Nonsense)
    }

    /// Removes keys, each of which may be kept by another server.
    pub(crate) async fn unlink(&mut self, keys: &[String]) -> Result<(), Trouble> {
        match self {
            Self::Server(connection) => {
                let mut pipeline = redis::pipe();
                for key in keys {
                    pipeline.cmd("UNLINK").arg(key).ignore();
                }
                pipeline.query_async::<()>(connection).await?;
            }
            #[cfg(feature = "cluster")]
            Self::Cluster(cluster) => {
                for key in keys {
                    let mut unlink = redis::cmd("UNLINK");
                    unlink.arg(key).query_async::<()>(cluster).await?;
                }
            }
        }
        Ok(())
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Server(connection) => connection.req_packed_command(cmd),
            #[cfg(feature = "cluster")]
            Self::Cluster(cluster) => cluster.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Server(connection) => connection.req_packed_commands(pipeline, offset, count),
            #[cfg(feature = "cluster")]
            Self::Cluster(cluster) => cluster.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Server(connection) => connection.get_db(),
            #[cfg(feature = "cluster")]
            Self::Cluster(cluster) => cluster.get_db(),
        }
    }
}

/// The slot of a key without braces: CRC-16 (XMODEM), as the specification of clusters says.
#[cfg(feature = "cluster")]
fn slot(key: &str) -> u16 {
    let step = |crc: u16, byte: u8| {
        (0..8).fold(crc ^ (u16::from(byte) << 8), |crc, _| match crc & 0x8000 {
            0 => crc << 1,
            _ => (crc << 1) ^ 0x1021,
        })
    };
    key.bytes().fold(0, step) % 16_384
}

#[cfg(all(test, feature = "cluster"))]
mod tests {
    #[test]
    fn a_slot_is_as_the_specification_says() {
        assert_eq!(super::slot("123456789"), 0x31c3);
        assert_eq!(super::slot("foo"), 12_182);
    }
}
