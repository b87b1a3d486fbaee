//! A plain TCP balancer: each connection goes to the next server that takes one.

use std::{
    io,
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use anyhow::Result;

/// A balancer. It runs until the process ends.
pub struct Balancer {
    address: String,
    servers: Arc<Mutex<Vec<String>>>,
}

impl Balancer {
    /// A balancer on a port of its own, in front of `servers`.
    ///
    /// # Errors
    /// The system has no port.
    pub fn start(servers: Vec<String>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let servers = Arc::new(Mutex::new(servers));
        let (known, next) = (servers.clone(), Arc::new(AtomicUsize::new(0)));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let servers = known.lock().map(|servers| servers.clone()).unwrap_or_default();
                let first = next.fetch_add(1, Ordering::Relaxed);
                let mut turn = (0..servers.len()).map(|offset| &servers[(first + offset) % servers.len()]);
                // Nobody takes it: it is closed.
                if let Some(server) = turn.find_map(|address| TcpStream::connect(address).ok()) {
                    let _ = join(client, server);
                }
            }
        });
        Ok(Self { address, servers })
    }

    /// Address and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The server with `number` is elsewhere now.
    pub fn moved(&self, number: usize, address: &str) {
        if let Ok(mut servers) = self.servers.lock() {
            address.clone_into(&mut servers[number]);
        }
    }
}

fn join(client: TcpStream, server: TcpStream) -> io::Result<()> {
    for (mut from, mut to) in [(client.try_clone()?, server.try_clone()?), (server, client)] {
        from.set_nodelay(true)?;
        thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
    }
    Ok(())
}
