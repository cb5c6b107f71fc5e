//! A client of the protocol in a few lines, and drills for it to play.

use std::path::{Path, PathBuf};

use firedrill::mcp;
use firedrill::scenario::loader::Source;
use firedrill::session::clock::Pace;
use firedrill::session::entry::Entry;
use firedrill::session::journal::{self, Limits, Record, Settings};
use firedrill::tools::{Places, Workbench};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{
    AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf,
};

/// A drill of the small scenario in a folder of its own.
pub struct Fixture {
    folder: TempDir,
}

impl Fixture {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("drill.journal")
    }

    pub fn places(&self, scenarios: &str) -> Places {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(scenarios);
        Places {
            sources: vec![Source::folder(root)],
            saves: self.folder.path().to_path_buf(),
        }
    }

    pub fn small(&self) -> Workbench {
        self.open("tests/fixtures/scenarios", "small")
    }

    pub fn open(&self, scenarios: &str, name: &str) -> Workbench {
        let settings = Settings {
            pace: Pace::PerCall,
            ..Settings::default()
        };
        self.places(scenarios)
            .start_in(&self.file(), name, 7, settings)
            .unwrap()
    }

    /// What the journal has once the drill is closed.
    pub fn records(&self) -> Vec<Record<Entry>> {
        let file = std::fs::File::open(self.file()).unwrap();
        let contents = journal::read::<Entry>(Box::new(file), Limits::STANDARD).unwrap();
        assert!(contents.fault.is_none(), "{:?}", contents.fault);
        contents.records
    }
}

/// The other end of the pipe.
pub struct Client {
    write: Option<WriteHalf<DuplexStream>>,
    read: Lines<BufReader<ReadHalf<DuplexStream>>>,
    served: tokio::task::JoinHandle<Result<(), mcp::McpError>>,
    last: i64,
    /// Notifications that came in between.
    pub told: Vec<Value>,
}

impl Client {
    /// A client that has agreed on the protocol.
    pub async fn new(bench: Workbench) -> Self {
        let mut client = Self::silent(bench, 1 << 20);
        let hello = client
            .ask(
                "initialize",
                json!({
                    "protocolVersion": "2025-06-18",
                    "capabilities": {},
                    "clientInfo": {"name": "test", "version": "1"},
                }),
            )
            .await;
        assert_eq!(hello["result"]["serverInfo"]["name"], "firedrill");
        client
            .send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
            .await;
        client
    }

    /// A client that has said nothing yet, over a pipe that holds so many bytes.
    pub fn silent(bench: Workbench, pipe: usize) -> Self {
        let (ours, theirs) = tokio::io::duplex(pipe);
        let (their_read, their_write) = tokio::io::split(theirs);
        let served = tokio::spawn(mcp::serve_on(bench, their_read, their_write));
        let (read, write) = tokio::io::split(ours);
        Self {
            write: Some(write),
            read: BufReader::new(read).lines(),
            served,
            last: 0,
            told: Vec::new(),
        }
    }

    pub async fn send(&mut self, message: &Value) {
        self.raw(format!("{message}\n").as_bytes()).await;
    }

    pub async fn raw(&mut self, bytes: &[u8]) {
        let write = self.write.as_mut().unwrap();
        write.write_all(bytes).await.unwrap();
    }

    /// The next line that the server writes.
    pub async fn line(&mut self) -> Value {
        let line = self.read.next_line().await.unwrap().expect("a line");
        serde_json::from_str(&line).expect("nothing but JSON")
    }

    /// A request that is not waited for.
    pub async fn begin(&mut self, method: &str, params: Value) -> i64 {
        self.last += 1;
        let id = self.last;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
            .await;
        id
    }

    /// The answer to a request.
    pub async fn answer(&mut self, id: i64) -> Value {
        loop {
            let line = self.line().await;
            if line["id"] == id {
                return line;
            }
            assert!(line.get("method").is_some(), "an answer to nothing: {line}");
            self.told.push(line);
        }
    }

    pub async fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params).await;
        self.answer(id).await
    }

    /// Calls a tool; the result, whether it is an error of the tool or not.
    pub async fn call(&mut self, tool: &str, args: Value) -> Value {
        let answer = self
            .ask("tools/call", json!({"name": tool, "arguments": args}))
            .await;
        assert!(answer.get("error").is_none(), "{tool}: {answer}");
        answer["result"].clone()
    }

    /// Calls a tool that must answer; its data.
    pub async fn get(&mut self, tool: &str, args: Value) -> Value {
        let result = self.call(tool, args).await;
        assert_eq!(result["isError"], false, "{tool}: {result}");
        result["structuredContent"].clone()
    }

    /// Calls a tool that must refuse; what it says.
    pub async fn refusal(&mut self, tool: &str, args: Value) -> String {
        let result = self.call(tool, args).await;
        assert_eq!(result["isError"], true, "{tool}: {result}");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// Leaves, and waits until the server has closed the drill.
    pub async fn leave(mut self) -> Result<(), mcp::McpError> {
        drop(self.write.take());
        drop(self.read);
        self.served.await.unwrap()
    }
}
