//! Messages of the protocol as lines of JSON, one each. Owns what goes wrong with a line: too long, no JSON, no message;
//! never what a message means.
//!
//! The library's own transport says nothing to a line that is no JSON, so that a client waits for ever. Here each such line is
//! answered, and lines have a length that bounds memory. Nothing but answers is ever written.

use std::io;
use std::sync::{Arc, LazyLock};

use regex::Regex;
use rmcp::RoleServer;
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// The longest line that is read, in bytes.
pub const LONGEST_LINE: usize = 1024 * 1024;
/// So much of the end of a longer line is kept, to find whom to answer.
const KEPT_TAIL: usize = 256;
/// Lines that wait to be written; a reader that is slower than this holds the sender up.
const WAITING: usize = 64;

const PARSE_ERROR: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;

/// A transport over a reader and a writer.
pub struct Lines<R> {
    read: BufReader<R>,
    line: Vec<u8>,
    /// The end of a line that was too long and whose line break has not come.
    overlong: Option<Vec<u8>>,
    /// An answer that waits for room.
    reply: Option<Vec<u8>>,
    out: Option<mpsc::Sender<Vec<u8>>>,
    writer: Arc<tokio::sync::Mutex<Option<JoinHandle<io::Result<()>>>>>,
}

impl<R: AsyncRead + Unpin + Send + 'static> Lines<R> {
    /// Starts the writer; to be called within a runtime.
    pub fn new<W: AsyncWrite + Unpin + Send + 'static>(read: R, write: W) -> Self {
        let (out, lines) = mpsc::channel(WAITING);
        let writer = tokio::spawn(write_all(write, lines));
        Self {
            read: BufReader::new(read),
            line: Vec::new(),
            overlong: None,
            reply: None,
            out: Some(out),
            writer: Arc::new(tokio::sync::Mutex::new(Some(writer))),
        }
    }

    /// Reads on to the end of a line. Safe to be dropped while it waits: what was read is kept.
    async fn read_line(&mut self) -> Result<Got, io::Error> {
        loop {
            let available = self.read.fill_buf().await?;
            if available.is_empty() {
                return Ok(Got::End);
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(available.len(), |at| at + 1);
            let bytes = available.get(..taken).unwrap_or_default();
            if let Some(tail) = &mut self.overlong {
                tail.extend_from_slice(
                    bytes
                        .get(bytes.len().saturating_sub(KEPT_TAIL)..)
                        .unwrap_or_default(),
                );
                let surplus = tail.len().saturating_sub(KEPT_TAIL);
                tail.drain(..surplus);
            } else if self.line.len() + taken > LONGEST_LINE {
                let mut tail = bytes
                    .get(bytes.len().saturating_sub(KEPT_TAIL)..)
                    .unwrap_or_default()
                    .to_vec();
                if tail.len() < KEPT_TAIL {
                    let missing = self.line.len().saturating_sub(KEPT_TAIL - tail.len());
                    let mut joined = self.line.get(missing..).unwrap_or_default().to_vec();
                    joined.append(&mut tail);
                    tail = joined;
                }
                self.line.truncate(KEPT_TAIL);
                self.overlong = Some(tail);
            } else {
                self.line.extend_from_slice(bytes);
            }
            self.read.consume(taken);
            if end.is_some() {
                return Ok(if self.overlong.is_some() {
                    Got::Overlong
                } else {
                    Got::Line
                });
            }
        }
    }

    /// What the line that was read comes to.
    fn take(&mut self, got: Got) -> Taken {
        let line = std::mem::take(&mut self.line);
        let tail = self.overlong.take();
        if let (Got::Overlong, Some(tail)) = (got, tail) {
            let id = id_at_an_end(&line, &tail);
            let message = format!("a message is at most {LONGEST_LINE} bytes long");
            return Taken::Reply(error(&id, INVALID_REQUEST, &message));
        }
        understand(&line)
    }
}

enum Got {
    Line,
    Overlong,
    End,
}

enum Taken {
    Message(Box<RxJsonRpcMessage<RoleServer>>),
    Reply(Vec<u8>),
    Nothing,
}

fn understand(line: &[u8]) -> Taken {
    let line = line.trim_ascii();
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    if line.is_empty() {
        return Taken::Nothing;
    }
    let value: Value = match serde_json::from_slice(line) {
        Ok(value) => value,
        Err(problem) => {
            let message = format!("this line is no JSON: {problem}");
            return Taken::Reply(error(&Value::Null, PARSE_ERROR, &message));
        }
    };
    let id = value
        .get("id")
        .filter(|id| id.is_string() || id.is_number())
        .cloned();
    let method = value
        .get("method")
        .and_then(Value::as_str)
        .map(str::to_owned);
    if value.is_array() {
        let message =
            "batches are not part of this protocol: send each message on a line of its own";
        return Taken::Reply(error(&Value::Null, INVALID_REQUEST, message));
    }
    match serde_json::from_value(value) {
        Ok(message) => Taken::Message(Box::new(message)),
        // Notifications that this server does not know are none of its business.
        Err(_) if id.is_none() && method.is_some() => Taken::Nothing,
        Err(problem) => {
            let message = format!("this is no message of the protocol: {problem}");
            Taken::Reply(error(&id.unwrap_or(Value::Null), INVALID_REQUEST, &message))
        }
    }
}

fn error(id: &Value, code: i64, message: &str) -> Vec<u8> {
    let reply = json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}});
    let mut line = reply.to_string().into_bytes();
    line.push(b'\n');
    line
}

/// The id of a message of which only the two ends are known: clients write it first or last.
fn id_at_an_end(head: &[u8], tail: &[u8]) -> Value {
    static FIRST: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(-?\d{1,18}|"[^"\\]{0,100}")\s*,"#).ok()
    });
    static LAST: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#","id"\s*:\s*(-?\d{1,18}|"[^"\\]{0,100}")\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$"#).ok()
    });
    let find = |regex: &LazyLock<Option<Regex>>, text: &[u8]| {
        let text = String::from_utf8_lossy(text).into_owned();
        let found = regex.as_ref()?.captures(&text)?.get(1)?.as_str().to_owned();
        serde_json::from_str(&found).ok()
    };
    find(&FIRST, head)
        .or_else(|| find(&LAST, tail))
        .unwrap_or(Value::Null)
}

async fn write_all<W: AsyncWrite + Unpin>(
    mut write: W,
    mut lines: mpsc::Receiver<Vec<u8>>,
) -> io::Result<()> {
    while let Some(line) = lines.recv().await {
        write.write_all(&line).await?;
        while let Ok(line) = lines.try_recv() {
            write.write_all(&line).await?;
        }
        write.flush().await?;
    }
    write.shutdown().await
}

fn closed() -> io::Error {
    io::Error::new(
        io::ErrorKind::BrokenPipe,
        "nobody reads the answers any more",
    )
}

impl<R: AsyncRead + Unpin + Send + 'static> Transport<RoleServer> for Lines<R> {
    type Error = io::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        let out = self.out.clone();
        async move {
            let mut line = serde_json::to_vec(&item).map_err(io::Error::other)?;
            line.push(b'\n');
            let out = out.ok_or_else(closed)?;
            out.send(line).await.map_err(|_| closed())
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            if self.reply.is_some() {
                let room = self.out.as_ref()?.reserve().await.ok()?;
                if let Some(reply) = self.reply.take() {
                    room.send(reply);
                }
            }
            let got = match self.read_line().await {
                Ok(Got::End) | Err(_) => return None,
                Ok(got) => got,
            };
            match self.take(got) {
                Taken::Message(message) => return Some(*message),
                Taken::Reply(reply) => self.reply = Some(reply),
                Taken::Nothing => {}
            }
        }
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        self.out = None;
        match self.writer.lock().await.take() {
            Some(writer) => writer.await.map_err(io::Error::other)?,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reply(line: &[u8]) -> Option<Value> {
        match understand(line) {
            Taken::Reply(reply) => serde_json::from_slice(&reply).ok(),
            _ => None,
        }
    }

    #[test]
    fn what_is_no_message_is_answered() {
        let no_json = reply(b"{\"jsonrpc\": ").unwrap();
        assert_eq!(no_json["error"]["code"], PARSE_ERROR);
        assert_eq!(no_json["id"], Value::Null);
        assert_eq!(reply(b"[]").unwrap()["error"]["code"], INVALID_REQUEST);
        let no_method = reply(b"{\"jsonrpc\": \"2.0\", \"id\": 7}").unwrap();
        assert_eq!(
            (
                no_method["error"]["code"].as_i64(),
                no_method["id"].as_i64()
            ),
            (Some(INVALID_REQUEST), Some(7))
        );
        let deep = "[".repeat(100_000);
        assert_eq!(
            reply(deep.as_bytes()).unwrap()["error"]["code"],
            PARSE_ERROR
        );
        assert!(matches!(understand(b"  \r\n"), Taken::Nothing));
        assert!(matches!(
            understand(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}"),
            Taken::Message(_)
        ));
    }

    #[test]
    fn the_id_of_a_long_message_is_found_at_either_end() {
        assert_eq!(
            id_at_an_end(b"{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":", b"xxx\"}}}"),
            5
        );
        assert_eq!(
            id_at_an_end(
                b"{\"method\":\"x\"",
                b"xx\"}},\"jsonrpc\":\"2.0\",\"id\":\"a\"}\n"
            ),
            "a"
        );
        assert_eq!(id_at_an_end(b"{\"method\":\"x\"", b"xx\"}}}"), Value::Null);
    }

    #[tokio::test]
    async fn an_overlong_line_is_refused_and_the_next_one_is_read() {
        let mut input = format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":9,\"x\":\"{}\"}}\n",
            "y".repeat(3 * LONGEST_LINE)
        )
        .into_bytes();
        input.extend(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n");
        let (write, mut answers) = tokio::io::duplex(64 * 1024);
        let mut lines = Lines::new(io::Cursor::new(input), write);
        assert!(lines.receive().await.is_some());
        assert!(lines.receive().await.is_none());
        lines.close().await.unwrap();
        let mut said = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut answers, &mut said)
            .await
            .unwrap();
        let said: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(
            (said["id"].as_i64(), said["error"]["code"].as_i64()),
            (Some(9), Some(INVALID_REQUEST))
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_line_is_too_odd(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(understand(&line));
        }
    }
}
