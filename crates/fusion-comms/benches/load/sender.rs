//! One connection that posts ready-made requests and reads the status: as little work as possible, since sender and
//! service share the machine.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

pub struct Sender {
    /// `127.0.0.1:8080`.
    address: String,
    connection: Option<BufReader<TcpStream>>,
}

impl Sender {
    /// `base` is the service's, `http://127.0.0.1:8080`.
    pub fn new(base: &str) -> Self {
        Self { address: base.trim_start_matches("http://").to_owned(), connection: None }
    }

    /// The status; `None` where none came. The next request then gets a new connection.
    pub async fn post(&mut self, request: &[u8]) -> Option<u16> {
        let answer = self.exchange(request).await;
        if answer.is_err() {
            self.connection = None;
        }
        answer.ok()
    }

    async fn exchange(&mut self, request: &[u8]) -> io::Result<u16> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => {
                let stream = TcpStream::connect(&self.address).await?;
                stream.set_nodelay(true)?;
                none.insert(BufReader::new(stream))
            }
        };
        connection.write_all(request).await?;
        let (mut status, mut length) = (None, 0);
        loop {
            let mut line = String::new();
            if connection.read_line(&mut line).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            match (&status, line.strip_prefix("content-length:")) {
                (None, _) => status = line.split(' ').nth(1).and_then(|word| word.parse().ok()),
                (Some(_), Some(n)) => length = n.trim().parse().map_err(|_| io::ErrorKind::InvalidData)?,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        connection.read_exact(&mut body).await?;
        status.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}
