//! Clients with a real connection, as the JDK, Python and curl have them.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use mobilefirst_devserver::Authority;
use tokio::task::spawn_blocking;

use crate::adapters::each_framework;
use crate::support::asking;

const LENGTH: usize = 8 * 1024 * 1024;
const PIECE: usize = 64 * 1024;
const PATHS: [&str; 2] = ["/number", "/group/number"];

/// Nobody waits for so long, unless a server does not answer at all.
const PATIENCE: Duration = Duration::from_secs(60);

const CHALLENGED: [&str; 2] = ["HTTP/1.1 401 Unauthorized", "www-authenticate: bearer"];
const BAD_TOKEN: &str = "Authorization: Bearer bad\r\n";
const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";

/// Makes a request to this path with these fields. Tells the status line and the challenges.
type Client = fn(SocketAddr, &str, &str) -> io::Result<Vec<String>>;

/// Makes a request on each of these routes of each adapter. Tells which answers, each a
/// status line and its challenges, are not as expected.
async fn mismatches(
    paths: impl Fn(&str) -> &'static [&'static str],
    fields: &'static str,
    client: Client,
    expected: impl Fn(&str) -> &'static [&'static str],
) -> Vec<String> {
    let mut mismatches = Vec::new();
    for adapter in each_framework() {
        for path in paths(adapter.name()) {
            let validator = asking(&Authority::new()).build().unwrap();
            let server = adapter.serve(validator).await;
            let address = server.address;
            let answer = spawn_blocking(move || client(address, path, fields)).await;
            let answer = answer.unwrap().unwrap_or_else(|e| vec![e.to_string()]);
            if answer != expected(adapter.name()) {
                mismatches.push(format!("{} {path}: {answer:?}", adapter.name()));
            }
        }
    }
    mismatches
}

fn connect(address: SocketAddr, path: &str, fields: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write_head(&mut stream, path, fields)?;
    Ok(stream)
}

fn write_head(stream: &mut TcpStream, path: &str, fields: &str) -> io::Result<()> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: bank\r\nContent-Type: application/json\r\n{fields}\r\n"
    );
    stream.write_all(head.as_bytes())
}

/// The status line, and the challenges.
fn answer(stream: TcpStream) -> io::Result<Vec<String>> {
    let mut lines = BufReader::new(stream).lines();
    let mut answer: Vec<String> = lines.next().into_iter().collect::<Result<_, _>>()?;
    for line in lines {
        let line = line?.to_lowercase();
        if line.is_empty() {
            break;
        }
        answer.extend(line.starts_with("www-authenticate").then_some(line));
    }
    Ok(answer)
}

/// Writes its whole request before it reads anything.
fn write_first(address: SocketAddr, path: &str, fields: &str) -> io::Result<Vec<String>> {
    let fields = format!("{fields}Content-Length: {LENGTH}\r\n");
    let mut stream = connect(address, path, &fields)?;
    let piece = [b'1'; PIECE];
    for _ in 0..LENGTH / PIECE {
        stream.write_all(&piece)?;
    }
    answer(stream)
}

/// Writes its whole request, whose length it does not tell, before it reads anything.
fn write_chunks_first(address: SocketAddr, path: &str, fields: &str) -> io::Result<Vec<String>> {
    let mut stream = connect(address, path, &format!("{fields}{CHUNKED}"))?;
    for _ in 0..LENGTH / PIECE {
        stream.write_all(chunk().as_bytes())?;
    }
    stream.write_all(b"0\r\n\r\n")?;
    answer(stream)
}

/// Makes a second request on the connection of the first, which had a long body.
fn write_twice(address: SocketAddr, path: &str, fields: &str) -> io::Result<Vec<String>> {
    let fields = format!("{fields}Content-Length: {LENGTH}\r\n");
    let mut stream = connect(address, path, &fields)?;
    stream.write_all(&vec![b'1'; LENGTH])?;
    let first = answer(stream.try_clone()?)?;
    write_head(&mut stream, path, "Content-Length: 1\r\n")?;
    stream.write_all(b"1")?;
    let second = answer(stream)?;
    Ok([first, second].concat())
}

/// Writes until it is answered.
fn write_on(address: SocketAddr, path: &str, fields: &str) -> io::Result<Vec<String>> {
    let stream = connect(address, path, &format!("{fields}{CHUNKED}"))?;
    let mut writer = stream.try_clone()?;
    let writing = thread::spawn(move || {
        let chunk = chunk();
        while writer.write_all(chunk.as_bytes()).is_ok() {}
    });
    let seen = answer(stream.try_clone()?);
    // It may be closed already. Either way, this ends the writer.
    drop(stream.shutdown(Shutdown::Both));
    writing.join().unwrap();
    seen
}

/// Writes nothing of its body before it is asked for it.
fn wait_for_continue(address: SocketAddr, path: &str, fields: &str) -> io::Result<Vec<String>> {
    let fields = format!("{fields}Expect: 100-continue\r\nContent-Length: {LENGTH}\r\n");
    answer(connect(address, path, &fields)?)
}

fn chunk() -> String {
    format!("{PIECE:x}\r\n{}\r\n", "1".repeat(PIECE))
}

/// The routes whose guard holds the body. A request guard of Rocket does not.
fn holding_the_body(adapter: &str) -> &'static [&'static str] {
    match adapter {
        "rocket" => &["/group/number"],
        _ => &PATHS,
    }
}

#[tokio::test]
async fn a_client_that_writes_first_gets_to_see_its_refusal_d2() {
    for (fields, client) in [
        ("", write_first as Client),
        ("Connection: close\r\n", write_first),
        ("", write_chunks_first),
    ] {
        let seen = mismatches(holding_the_body, fields, client, |_| &CHALLENGED).await;
        assert_eq!(seen, [""; 0], "{fields}");
    }
    let invalid = |_: &str| -> &[&str] {
        &[
            "HTTP/1.1 401 Unauthorized",
            r#"www-authenticate: bearer error="invalid_token""#,
        ]
    };
    let seen = mismatches(holding_the_body, BAD_TOKEN, write_first, invalid).await;
    assert_eq!(seen, [""; 0]);
}

#[tokio::test]
async fn a_connection_serves_on_after_a_refused_upload_d2() {
    let twice = |_: &str| -> &[&str] {
        const TWICE: [&str; 4] = [CHALLENGED[0], CHALLENGED[1], CHALLENGED[0], CHALLENGED[1]];
        &TWICE
    };
    // The other two frameworks decide about their connections themselves.
    let on_hyper_1 = |adapter: &str| match adapter {
        "axum" | "warp" => holding_the_body(adapter),
        _ => &[],
    };
    let seen = mismatches(on_hyper_1, "", write_twice, twice).await;
    assert_eq!(seen, [""; 0]);
}

#[tokio::test]
async fn a_body_without_end_does_not_hold_up_its_refusal_d3() {
    let seen = mismatches(|_| &PATHS, "", write_on, |_| &CHALLENGED).await;
    assert_eq!(seen, [""; 0]);
}

#[tokio::test]
async fn a_stranger_is_not_asked_for_its_body_d4() {
    let expected = |adapter: &str| -> &[&str] {
        match adapter {
            // They ask for every body before anything of the app sees the request.
            "actix-web" | "rocket" => &["HTTP/1.1 100 Continue"],
            _ => &CHALLENGED,
        }
    };
    let seen = mismatches(|_| &PATHS, "", wait_for_continue, expected).await;
    assert_eq!(seen, [""; 0]);
}
