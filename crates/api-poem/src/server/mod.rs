//! The server: connections, and what becomes of them. HTTP/1.1 only, as a proxy in front of it speaks.

mod places;
#[cfg(test)]
mod tests;

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use poem::{
    Addr, Endpoint, Response,
    endpoint::BoxEndpoint,
    http,
    web::{LocalAddr, RemoteAddr},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::places::Places;
use crate::Edge;

/// Connections that are told that there are too many, at a time; more are just closed.
const FAREWELLS: usize = 64;
/// How long telling them may take.
const FAREWELL: Duration = Duration::from_secs(1);
/// How long a connection over which nothing was asked yet has for its first request, once the server stops: that may be in the
/// socket already, or on its way.
const FIRST_REQUEST: Duration = Duration::from_secs(1);
/// How long to wait where the system has no room for a further connection.
const NO_ROOM: Duration = Duration::from_millis(50);

const TOO_MANY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
content-type: application/problem+json\r\ncontent-length: 161\r\nretry-after: 1\r\nconnection: close\r\n\r\n\
{\"type\":\"urn:middag:problem:too-many-connections\",\"title\":\"Too many connections\",\"status\":503,\
\"detail\":\"too many connections are open at the moment; come again\"}";

/// Serves `endpoint` on `listener` until `stop`, and then what was accepted by then (RN-6): connections that wait for nothing are
/// closed at once, those that have asked for nothing yet after a second, the others after their answer, and all after `drain`.
///
/// # Errors
/// The address of the listener is not known, or the system does not give the listener back.
pub async fn serve(
    listener: TcpListener,
    endpoint: BoxEndpoint<'static, Response>,
    edge: &Edge,
    stop: impl Future<Output = ()>,
    drain: Duration,
) -> io::Result<()> {
    let stopping = CancellationToken::new();
    let door = Door {
        endpoint: Arc::new(endpoint),
        edge: edge.clone(),
        local: listener.local_addr()?,
        places: Places::new(&edge.limits),
        farewells: Arc::new(Semaphore::new(FAREWELLS)),
        connections: TaskTracker::new(),
        stopping: stopping.clone(),
    };
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => door.open(stream, peer),
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be accepted");
                    tokio::time::sleep(NO_ROOM).await;
                }
            },
        }
    }
    // Who was let in by the system already is served, too. The system is asked itself: the runtime may not have heard of them yet.
    let listener = listener.into_std()?;
    while let Ok((stream, peer)) = listener.accept() {
        match stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream)) {
            Ok(stream) => door.open(stream, peer),
            Err(error) => tracing::warn!(%error, "a connection cannot be accepted"),
        }
    }
    drop(listener);
    stopping.cancel();
    door.connections.close();
    if timeout(drain, door.connections.wait()).await.is_err() {
        tracing::warn!(left = door.connections.len(), "connections did not end in time");
    }
    Ok(())
}

struct Door {
    endpoint: Arc<BoxEndpoint<'static, Response>>,
    edge: Edge,
    local: SocketAddr,
    places: Places,
    farewells: Arc<Semaphore>,
    connections: TaskTracker,
    stopping: CancellationToken,
}

impl Door {
    fn open(&self, stream: TcpStream, peer: SocketAddr) {
        let Some(place) = self.places.take(peer.ip()) else {
            self.edge.metrics.refused_connection();
            if let Ok(place) = self.farewells.clone().try_acquire_owned() {
                tokio::spawn(async move {
                    // Whoever does not listen needs no answer.
                    let _ = timeout(FAREWELL, refuse(stream)).await;
                    drop(place);
                });
            }
            return;
        };
        let (endpoint, local, stopping) = (self.endpoint.clone(), self.local, self.stopping.clone());
        let asked = CancellationToken::new();
        let first = asked.clone();
        let service = service_fn(move |request: http::Request<Incoming>| {
            first.cancel();
            let endpoint = endpoint.clone();
            async move {
                let (local, peer) = (LocalAddr(Addr::SocketAddr(local)), RemoteAddr(Addr::SocketAddr(peer)));
                let request = poem::Request::from((request, local, peer, http::uri::Scheme::HTTP));
                Ok::<_, Infallible>(http::Response::from(endpoint.get_response(request).await))
            }
        });
        let limits = &self.edge.limits;
        let mut http1 = http1::Builder::new();
        // What is longer than twice the limit is not even looked at; in between, it is answered with a problem document.
        let longest = limits.header_bytes.saturating_mul(2).max(8 * 1024);
        http1
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_timeout)
            // What has arrived in full is done, though its sender may be gone by then.
            .half_close(true)
            .max_header_size(longest)
            .max_buf_size(longest.max(64 * 1024));
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits.write_timeout));
        let counted = self.edge.metrics.connected();
        self.connections.spawn(async move {
            let mut connection =
                std::pin::pin!(http1.serve_connection(TokioIo::new(Box::pin(stream)), service));
            // A connection that has read nothing would be closed by a graceful end, with its request unread.
            let leave = async {
                stopping.cancelled().await;
                let _ = timeout(FIRST_REQUEST, asked.cancelled()).await;
            };
            let ended = tokio::select! {
                biased;
                ended = connection.as_mut() => ended,
                () = leave => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%peer, %error, "a connection ended");
            }
            drop((place, counted));
        });
    }
}

/// Says that there is no room, and lets the caller read it.
async fn refuse(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(TOO_MANY).await?;
    stream.shutdown().await?;
    // Closing with something unread would take the answer back.
    let mut sink = [0; 1024];
    while stream.read(&mut sink).await? > 0 {}
    Ok(())
}
