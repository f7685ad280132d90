//! Who writes next on SQLite, which has one writer: whoever a caller waits for goes before everything else.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use super::db::Urgency;

/// A mutex with two queues; a voice waiter passes all others.
#[derive(Clone, Default)]
pub(super) struct WriteGate(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    held: bool,
    voice: VecDeque<oneshot::Sender<Pass>>,
    normal: VecDeque<oneshot::Sender<Pass>>,
}

/// The right to write; given on when dropped.
pub(super) struct Pass(Option<WriteGate>);

impl WriteGate {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn pass(&self, urgency: Urgency) -> Pass {
        let wait = {
            let mut state = self.lock();
            if !state.held {
                state.held = true;
                return Pass(Some(self.clone()));
            }
            let (give, wait) = oneshot::channel();
            match urgency {
                Urgency::Voice => state.voice.push_back(give),
                Urgency::Normal => state.normal.push_back(give),
            }
            wait
        };
        wait.await.expect("a waiter is only forgotten by giving it the pass")
    }

    fn release(&self) {
        let next = {
            let mut state = self.lock();
            let next = state.voice.pop_front().or_else(|| state.normal.pop_front());
            state.held = next.is_some();
            next
        };
        if let Some(give) = next {
            // A waiter that has gone drops the pass unread, which releases it to the one after.
            let _gone = give.send(Pass(Some(self.clone())));
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some(gate) = self.0.take() {
            gate.release();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn voice_passes_those_who_waited_before_it_and_a_waiter_that_left_blocks_nobody() {
        let gate = WriteGate::default();
        let held = gate.pass(Urgency::Normal).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let waiter = |urgency, name| {
            let (gate, order) = (gate.clone(), order.clone());
            tokio::spawn(async move {
                let _pass = gate.pass(urgency).await;
                order.lock().unwrap().push(name);
            })
        };
        let first = waiter(Urgency::Normal, "text");
        let left = waiter(Urgency::Voice, "left");
        tokio::task::yield_now().await;
        let call = waiter(Urgency::Voice, "call");
        tokio::task::yield_now().await;
        left.abort();
        tokio::task::yield_now().await;
        drop(held);
        first.await.unwrap();
        call.await.unwrap();
        assert_eq!(*order.lock().unwrap(), ["call", "text"]);
    }
}
