//! A TCP proxy that spoils what goes through it, and is told how while connections are open.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Everything passes.
    None,
    /// Half-open: what is sent is taken and goes nowhere, nothing comes back, and neither end is told of the other's. A
    /// connection that was open at such a time stays so for ever.
    Silence,
    /// What is asked arrives, and is acted on; the connection is reset before a byte of the answer.
    CutBeforeAnswer,
    /// So many bytes of an answer pass, then the connection is reset.
    ResetAfter(usize),
    /// Answers come a byte at a time, each after this.
    Trickle(Duration),
}

/// Ends with all its connections when it is dropped.
pub struct FaultProxy {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

struct Shared {
    to: SocketAddr,
    fault: watch::Sender<Fault>,
    /// How often silence fell so far.
    silences: AtomicUsize,
    /// Connections that met a fault.
    met: AtomicUsize,
}

/// How a connection ends.
enum End {
    Closed,
    Reset,
    /// It does not, for either side.
    Never,
}

impl FaultProxy {
    /// Before whoever listens at `to`, on a free port.
    pub async fn start(to: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (silences, met) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let shared = Arc::new(Shared { to, fault: watch::Sender::new(Fault::None), silences, met });
        let carried_by = Arc::clone(&shared);
        let listening = tokio::spawn(async move {
            let mut open = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                open.spawn(carry(client, Arc::clone(&carried_by)));
                while open.try_join_next().is_some() {}
            }
        });
        Self { address, shared, listening }
    }

    /// From now on this goes wrong, on open connections too.
    pub fn set(&self, fault: Fault) {
        if fault == Fault::Silence {
            self.shared.silences.fetch_add(1, Ordering::SeqCst);
        }
        self.shared.fault.send_replace(fault);
    }

    /// How many connections met a fault so far.
    pub fn met(&self) -> usize {
        self.shared.met.load(Ordering::SeqCst)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Shared {
    /// What happens now to a connection that was opened after so many silences.
    fn fault(&self, born: usize) -> Fault {
        if self.silences.load(Ordering::SeqCst) > born { Fault::Silence } else { *self.fault.borrow() }
    }
}

async fn carry(mut client: TcpStream, shared: Arc<Shared>) {
    let born = shared.silences.load(Ordering::SeqCst);
    let mut server = None;
    let end = match shared.fault(born) {
        Fault::Silence => End::Never,
        _ => match TcpStream::connect(shared.to).await {
            Err(_) => End::Reset,
            Ok(to) => {
                let (client_says, client_hears) = client.split();
                let (server_says, server_hears) = server.insert(to).split();
                tokio::select! {
                    end = ask(client_says, server_hears, &shared, born) => end,
                    end = answer(server_says, client_hears, &shared, born) => end,
                }
            }
        },
    };
    match end {
        End::Closed => return,
        End::Reset => client.set_zero_linger().expect("a socket can be reset"),
        End::Never => {}
    }
    shared.met.fetch_add(1, Ordering::SeqCst);
    if matches!(end, End::Never) {
        std::future::pending::<()>().await;
    }
}

async fn ask(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, shared: &Shared, born: usize) -> End {
    let mut piece = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut piece).await;
        if shared.fault(born) == Fault::Silence {
            return End::Never;
        }
        match read {
            Ok(n) if n > 0 && to.write_all(&piece[..n]).await.is_ok() => {}
            _ => return End::Closed,
        }
    }
}

async fn answer(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, shared: &Shared, born: usize) -> End {
    let mut piece = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut piece).await;
        let fault = shared.fault(born);
        let piece = match (fault, read) {
            (Fault::Silence, _) => return End::Never,
            (_, Ok(n)) if n > 0 => &piece[..n],
            _ => return End::Closed,
        };
        let passed = match fault {
            Fault::CutBeforeAnswer => return End::Reset,
            Fault::ResetAfter(n) => {
                let _gone = to.write_all(&piece[..n.min(piece.len())]).await;
                // What was passed is to arrive before the reset.
                tokio::time::sleep(Duration::from_millis(20)).await;
                return End::Reset;
            }
            Fault::Trickle(_) => trickle(piece, &mut to, shared, born).await,
            Fault::None | Fault::Silence => to.write_all(piece).await,
        };
        if passed.is_err() {
            return End::Closed;
        }
    }
}

/// Slowly as long as the fault lasts, then the rest at once.
async fn trickle(piece: &[u8], to: &mut WriteHalf<'_>, shared: &Shared, born: usize) -> std::io::Result<()> {
    shared.met.fetch_add(1, Ordering::SeqCst);
    for (n, byte) in piece.iter().enumerate() {
        let Fault::Trickle(each) = shared.fault(born) else { return to.write_all(&piece[n..]).await };
        tokio::time::sleep(each).await;
        to.write_all(&[*byte]).await?;
    }
    Ok(())
}
