//! A load balancer: one address, behind it whoever takes the connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Ends when it is dropped.
pub struct Balancer(JoinHandle<()>);

impl Balancer {
    /// Listens at `address` and gives each connection to the next of `behind`, or the one after that where the next is
    /// dead.
    pub async fn start(address: SocketAddr, behind: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind(address).await.expect("the address is free");
        let (behind, turn) = (Arc::new(behind), Arc::new(AtomicUsize::new(0)));
        Self(tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (behind, turn) = (Arc::clone(&behind), Arc::clone(&turn));
                tokio::spawn(carry(client, behind, turn));
            }
        }))
    }
}

async fn carry(mut client: TcpStream, behind: Arc<Vec<SocketAddr>>, turn: Arc<AtomicUsize>) {
    let first = turn.fetch_add(1, Ordering::Relaxed);
    for n in 0..behind.len() {
        if let Ok(mut server) = TcpStream::connect(behind[(first + n) % behind.len()]).await {
            // A connection that breaks off is the client's to try again.
            let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            return;
        }
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.0.abort();
    }
}
