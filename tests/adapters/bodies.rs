//! What becomes of the body of a refused request.

mod in_process;
mod uploads;
