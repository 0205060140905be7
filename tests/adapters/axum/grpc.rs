//! The guard around a gRPC service of tonic, as its clients see it.

mod bank;
mod methods;
mod refusals;
mod text;
