//! How many threads a link may use: as `--threads` says, or as many as there are processors; under a jobserver (make's,
//! cargo's) never more than it has tokens for, so that many links at once do not fight for the processors.
#![allow(unsafe_code)]

use jobserver::{Acquired, Client};

/// More threads than this are not started, whatever `--threads` says.
const THREADS_MAX: usize = 256;

/// Leave to run threads, until this is dropped.
pub struct Jobs {
    /// The number of threads: at least 1.
    pub threads: usize,
    /// Go back to the jobserver at the end of the link.
    _tokens: Vec<Acquired>,
}

impl Jobs {
    /// `wanted`: what `--threads` says, and then the jobserver is not asked. By default the number of processors that
    /// this process may use: masks of processors and the limits of control groups count.
    ///
    /// Waits for nothing: a process has one token by its being started, and takes what else is free now.
    pub fn acquire(wanted: Option<usize>) -> Self {
        if let Some(wanted) = wanted {
            return Self { threads: wanted.clamp(1, THREADS_MAX), _tokens: Vec::new() };
        }
        let available = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX);
        let tokens = match client() {
            Some(client) if available > 1 => tokens(&client, available - 1),
            _ => return Self { threads: available, _tokens: Vec::new() },
        };
        match tokens {
            Some(tokens) => Self { threads: 1 + tokens.len(), _tokens: tokens },
            // Not every system lets a process ask without waiting.
            None => Self { threads: available, _tokens: Vec::new() },
        }
    }
}

/// The jobserver that the environment names, if its pipe is open. make closes it for commands of a rule that is not
/// marked as one that runs make; it is then as if there were none.
fn client() -> Option<Client> {
    // SAFETY: called once, before any other file is opened, so that the numbers in the environment cannot be those of
    // files of our own; that they are pipes is checked.
    unsafe { Client::from_env_ext(true) }.client.ok()
}

/// Up to `count` tokens, as far as they are free. `None` if the jobserver cannot be asked.
fn tokens(client: &Client, count: usize) -> Option<Vec<Acquired>> {
    let mut tokens = Vec::new();
    while tokens.len() < count {
        match client.try_acquire() {
            Ok(Some(token)) => tokens.push(token),
            Ok(None) => break,
            Err(_) => return None,
        }
    }
    Some(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_has_the_last_word() {
        for (wanted, threads) in [(0, 1), (1, 1), (3, 3), (1_000_000, THREADS_MAX)] {
            assert_eq!(Jobs::acquire(Some(wanted)).threads, threads);
        }
    }
}
