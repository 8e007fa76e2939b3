//! I/O. HTTP/1.1 with a thread for each connection, with and without TLS. Separate from `export_gate_local`'s server,
//! whose tasks and buffers would add noise to measurements in microseconds.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroU64;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection, StreamOwned};

/// The limit of headers, above what any client sends.
const MOST_HEADERS: usize = 64;

/// The size of one read.
const READ: usize = 64 * 1024;

/// The size from which a message's head and body are sent separately.
const LARGE: usize = 64 * 1024;

/// The timer slack of threads, in nanoseconds; the default is 50,000.
const TIMER_SLACK: u64 = 1_000;

/// A request, or the answer to one.
#[derive(Debug, Default)]
pub struct Message {
    /// The method; empty for an answer.
    pub method: String,
    /// The path with its query; empty for an answer.
    pub path: String,
    /// The status; 0 for a request.
    pub status: u16,
    /// `X-Amz-Target`, which names DynamoDB's operations.
    pub target: String,
    /// The body.
    pub body: Vec<u8>,
    /// Whether the peer closes the connection afterwards.
    pub closes: bool,
    /// When its head was received.
    pub began: Option<Instant>,
}

/// An answer to send.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// The status.
    pub status: u16,
    /// Header lines with line ends.
    pub headers: &'a str,
    /// The body.
    pub body: &'a [u8],
}

/// A connection of a client or a server.
pub struct Connection {
    stream: Box<dyn Duplex>,
    read: Vec<u8>,
}

/// A stream, plain or over TLS.
trait Duplex: Read + Write {}
impl<T: Read + Write> Duplex for T {}

/// Listens on loopback until the process ends. `serve` handles each connection on its own thread.
pub fn listen(
    tls: Option<Arc<ServerConfig>>,
    serve: impl Fn(Connection) -> io::Result<()> + Send + Sync + 'static,
) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (serve, tls) = (Arc::clone(&serve), tls.clone());
            // A disconnected client ends only its connection.
            thread::spawn(move || drop(Connection::accept(stream, tls).and_then(|connection| serve(connection))));
        }
    });
    Ok(address)
}

impl Connection {
    fn accept(stream: TcpStream, tls: Option<Arc<ServerConfig>>) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        rustix::thread::set_current_timer_slack(NonZeroU64::new(TIMER_SLACK))?;
        let stream: Box<dyn Duplex> = match tls {
            None => Box::new(stream),
            Some(tls) => {
                let session = ServerConnection::new(tls).map_err(io::Error::other)?;
                Box::new(StreamOwned::new(session, stream))
            }
        };
        Ok(Self { stream, read: Vec::new() })
    }

    /// Opens a connection.
    pub fn open(to: SocketAddr, tls: Option<Arc<ClientConfig>>) -> io::Result<Self> {
        let stream = TcpStream::connect(to)?;
        stream.set_nodelay(true)?;
        let stream: Box<dyn Duplex> = match tls {
            None => Box::new(stream),
            Some(tls) => {
                let session = ClientConnection::new(tls, ServerName::from(to.ip())).map_err(io::Error::other)?;
                Box::new(StreamOwned::new(session, stream))
            }
        };
        Ok(Self { stream, read: Vec::new() })
    }

    /// Reads a whole message; `None` at the end of the connection.
    pub fn read(&mut self) -> io::Result<Option<Message>> {
        let mut continued = false;
        let mut began = None;
        loop {
            if let Some(head) = Head::of(&self.read)? {
                began = began.or_else(|| Some(Instant::now()));
                if head.expects && !continued {
                    continued = true;
                    self.send(&[b"HTTP/1.1 100 Continue\r\n\r\n"])?;
                }
                if let Some(end) = head.end(&self.read) {
                    let mut message = Message { began, ..head.message };
                    message.body = self.read.get(head.length..end).unwrap_or_default().to_vec();
                    self.read.drain(..end);
                    return Ok(Some(message));
                }
                // Reads the whole rest, so that the head is not parsed for each part.
                self.fill(head.missing(&self.read))?;
            } else if !self.fill(1)? {
                return Ok(None);
            }
        }
    }

    /// Writes an answer.
    pub fn answer(&mut self, reply: Reply<'_>) -> io::Result<()> {
        let Reply { status, headers, body } = reply;
        let head = format!("HTTP/1.1 {status} -\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
        self.send(&[head.as_bytes(), body])
    }

    /// Posts a body and reads the answer. `headers` are lines with line ends.
    pub fn post(&mut self, path: &str, headers: &str, body: &[u8]) -> io::Result<Message> {
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
        self.send(&[head.as_bytes(), body])?;
        self.read()?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// Gets a page.
    pub fn get(&mut self, path: &str) -> io::Result<Message> {
        self.send(&[format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes()])?;
        self.read()?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn send(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        // A small message is one packet; a large one is not copied.
        if parts.iter().map(|part| part.len()).sum::<usize>() <= LARGE {
            self.stream.write_all(&parts.concat())?;
        } else {
            parts.iter().try_for_each(|part| self.stream.write_all(part))?;
        }
        self.stream.flush()
    }

    /// Reads at least `least` more bytes; false at the end of the connection.
    fn fill(&mut self, least: usize) -> io::Result<bool> {
        let mut held = self.read.len();
        let wanted = held + least;
        self.read.resize(held + READ.max(least), 0);
        let filled = loop {
            match self.stream.read(&mut self.read[held..]) {
                Ok(0) if held == 0 => break Ok(false),
                Ok(0) => break Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(more) => held += more,
                Err(error) => break Err(error),
            }
            if held >= wanted {
                break Ok(true);
            }
        };
        self.read.truncate(held);
        filled
    }
}

/// A head that has been read whole.
struct Head {
    message: Message,
    /// The length of the head.
    length: usize,
    body: Body,
    /// Whether the peer expects `100 Continue`.
    expects: bool,
}

enum Body {
    Length(usize),
    Chunked,
}

impl Head {
    fn of(read: &[u8]) -> io::Result<Option<Self>> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut message = Message::default();
        let length = if read.starts_with(b"HTTP/") {
            let mut answer = httparse::Response::new(&mut headers);
            let length = answer.parse(read).map_err(io::Error::other)?;
            message.status = answer.code.unwrap_or_default();
            length
        } else {
            let mut request = httparse::Request::new(&mut headers);
            let length = request.parse(read).map_err(io::Error::other)?;
            message.method = request.method.unwrap_or_default().to_owned();
            message.path = request.path.unwrap_or_default().to_owned();
            length
        };
        let httparse::Status::Complete(length) = length else { return Ok(None) };
        let named = |name: &str| {
            let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
            header.and_then(|header| std::str::from_utf8(header.value).ok())
        };
        message.target = named("x-amz-target").unwrap_or_default().to_owned();
        message.closes = named("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        let body = match named("content-length") {
            Some(length) => Body::Length(length.trim().parse().map_err(io::Error::other)?),
            None if named("transfer-encoding").is_some() => Body::Chunked,
            None => Body::Length(0),
        };
        Ok(Some(Self { message, length, body, expects: named("expect").is_some() }))
    }

    /// The end of the message, if all of it was read. Chunks are not decoded, since no caller uses such a body.
    fn end(&self, read: &[u8]) -> Option<usize> {
        match self.body {
            Body::Length(length) => Some(self.length + length).filter(|end| *end <= read.len()),
            Body::Chunked => read.ends_with(b"0\r\n\r\n").then_some(read.len()),
        }
    }

    fn missing(&self, read: &[u8]) -> usize {
        match self.body {
            Body::Length(length) => self.length + length - read.len(),
            Body::Chunked => 1,
        }
    }
}
