//! Maps inputs and writes outputs. The one module with `unsafe` code.
