//! The server: requests of the protocol to calls of the drill, and their answers back. One call at a time, in the order they came.

use std::sync::{Arc, OnceLock};

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CustomRequest,
    CustomResult, ErrorData, GetPromptRequestParams, GetPromptResponse, Implementation,
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
    PaginatedRequestParams, ProgressNotificationParam, ReadResourceRequestParams,
    ReadResourceResponse, ReadResourceResult, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler};
use serde_json::{Map, Value};
use tokio::sync::{Mutex, MutexGuard, oneshot};

use super::drill::Drill;
use super::{documents, surface};
use crate::session::Answer;
use crate::sim::time::Span;
use crate::tools::drill::clock;
use crate::tools::tool::{failed, read_args};
use crate::tools::{Registry, Text};

const INSTRUCTIONS: &str = "firedrill is a flight simulator for on-call engineers: a production incident in a simulated company, which you work with the systems an engineer has open. Begin with drill_brief. Looks and acts cost simulated time, and customers are harmed while it passes; reading drill_* tools costs none. Look through the typed tools; act through shell_run (kubectl, git, ship, flags, ...), pagerduty_* and slack_post_message; let time pass with drill_clock. The drill is won by ending the cause, handing in drill_claim (component, mechanism, why now, evidence) and resolving the page; then drill_score tells how it went.";

/// A drill that is being opened, or is open.
pub enum Stage {
    /// A thread opens it.
    Opening(oneshot::Receiver<Result<Drill, String>>),
    /// It is open.
    Open(Box<Drill>),
    /// It could not be opened, or is closed: why.
    Shut(String),
}

/// The server over one drill.
#[derive(Clone)]
pub struct Server {
    registry: Arc<Registry>,
    drill: Arc<Mutex<Stage>>,
    tools: Arc<OnceLock<Vec<Tool>>>,
}

impl Server {
    /// A server over a drill that is being opened.
    pub fn new(registry: Arc<Registry>, stage: Stage) -> Self {
        Self {
            registry,
            drill: Arc::new(Mutex::new(stage)),
            tools: Arc::new(OnceLock::new()),
        }
    }

    /// Takes the drill out, to close it.
    pub async fn take(&self) -> Option<Drill> {
        let mut stage = self.drill.lock().await;
        match std::mem::replace(&mut *stage, Stage::Shut("the drill is closed".to_owned())) {
            Stage::Open(drill) => Some(*drill),
            Stage::Opening(opening) => opening.await.ok()?.ok(),
            Stage::Shut(_) => None,
        }
    }

    fn tools(&self) -> &[Tool] {
        self.tools.get_or_init(|| surface::tools(&self.registry))
    }

    /// The drill, when it is this call's turn.
    async fn turn(&self) -> Result<Turn<'_>, ErrorData> {
        let mut stage = self.drill.lock().await;
        if let Stage::Opening(opening) = &mut *stage {
            *stage = match opening.await {
                Ok(Ok(drill)) => Stage::Open(Box::new(drill)),
                Ok(Err(problem)) => Stage::Shut(problem),
                Err(_) => Stage::Shut("the drill could not be opened".to_owned()),
            };
        }
        match &*stage {
            Stage::Shut(problem) => Err(ErrorData::internal_error(problem.clone(), None)),
            _ => Ok(Turn(stage)),
        }
    }

    fn unknown(&self, name: &str) -> ErrorData {
        let hint = surface::nearest(&self.registry, name).map_or_else(
            || "tools/list has all of them".to_owned(),
            |near| format!("did you mean {near}?"),
        );
        let name: String = name.chars().take(100).collect();
        ErrorData::invalid_params(format!("there is no tool {name:?}; {hint}"), None)
    }

    /// Reads the clock, waits or skips; told of on the way, and stopped when the request is cancelled.
    async fn clock(
        &self,
        args: &Map<String, Value>,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResult, ErrorData> {
        let asked: Result<clock::Args, Answer> =
            read_args(clock::NAME, &Value::Object(args.clone()));
        let wanted = asked.and_then(|args| {
            let span = clock::wanted(&args).map_err(|error| failed(clock::NAME, error))?;
            Ok((args, span))
        });
        let mut turn = self.turn().await?;
        let drill = turn.drill()?;
        drill.catch_up();
        let (args, span) = match wanted {
            Ok(wanted) => wanted,
            Err(answer) => return Ok(result(answer, drill.status())),
        };
        let (mut passed, mut noticed, mut trouble) = (Span::ZERO, false, None);
        if let Some(whole) = span {
            let stretch = clock::stretch(whole);
            while passed < whole && !context.ct.is_cancelled() {
                let next = stretch.min(whole - passed);
                match drill.pass(next) {
                    Ok(more) => {
                        passed = passed + next;
                        if !more {
                            break;
                        }
                    }
                    Err(problem) => {
                        trouble = Some(problem);
                        break;
                    }
                }
                let now = drill.bench().world().now().format("%H:%M:%S");
                tell(context, passed, whole, &now).await;
                // Lets a cancellation be read.
                tokio::task::yield_now().await;
            }
        } else if args.skip {
            match drill.skip() {
                Ok((span, found)) => (passed, noticed) = (span, found),
                Err(problem) => trouble = Some(problem),
            }
        }
        let read = clock::read(drill.bench().session(), passed, noticed);
        let answer = match trouble {
            Some(problem) => Answer::failed(format!("{}: {problem}\n", clock::NAME), 1),
            None => Answer {
                text: read.text(),
                data: serde_json::to_value(&read).unwrap_or_default(),
                ..Answer::default()
            },
        };
        Ok(result(answer, drill.status()))
    }
}

/// The drill, as long as it is a call's turn.
struct Turn<'a>(MutexGuard<'a, Stage>);

impl Turn<'_> {
    fn drill(&mut self) -> Result<&mut Drill, ErrorData> {
        match &mut *self.0 {
            Stage::Open(drill) => Ok(drill),
            _ => Err(ErrorData::internal_error("the drill is not open", None)),
        }
    }
}

async fn tell(context: &RequestContext<RoleServer>, passed: Span, whole: Span, now: &str) {
    let Some(token) = context.meta.get_progress_token() else {
        return;
    };
    let progress = ProgressNotificationParam::new(token, passed.secs() as f64)
        .with_total(whole.secs() as f64)
        .with_message(format!("it is {now}"));
    // A client that does not listen any more is told of by the transport.
    drop(context.peer.notify_progress(progress).await);
}

/// A drill's answer as the protocol has it.
fn result(answer: Answer, status: String) -> CallToolResult {
    let text = match (answer.text.is_empty(), answer.error.is_empty()) {
        (true, _) => answer.error,
        (false, true) => answer.text,
        (false, false) => format!("{}{}", answer.text, answer.error),
    };
    let content = vec![ContentBlock::text(text), ContentBlock::text(status)];
    if answer.code != 0 {
        return CallToolResult::error(content);
    }
    let mut result = CallToolResult::success(content);
    if answer.data.is_object() {
        result.structured_content = Some(answer.data);
    }
    result
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources()
            .enable_prompts()
            .build();
        let mut info = ServerConfig::new(capabilities).with_instructions(INSTRUCTIONS);
        info.server_info = Implementation::new("firedrill", env!("CARGO_PKG_VERSION"))
            .with_title("firedrill")
            .with_description("A flight simulator for on-call engineers");
        info
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        one_page(request)?;
        Ok(ListToolsResult::with_all_items(self.tools().to_vec()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools().iter().find(|tool| tool.name == name).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let args = request.arguments.unwrap_or_default();
        if request.name == clock::NAME {
            return Ok(self.clock(&args, &context).await?.into());
        }
        let mut turn = self.turn().await?;
        let drill = turn.drill()?;
        // A pane's own view is no tool of programs.
        let offered = surface::names(&self.registry).contains(&&*request.name);
        let answer = offered
            .then(|| drill.use_tool(&request.name, &args))
            .flatten();
        match answer {
            Some(answer) => {
                let status = drill.status();
                Ok(result(answer, status).into())
            }
            None => Err(self.unknown(&request.name)),
        }
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        one_page(request)?;
        let mut turn = self.turn().await?;
        Ok(ListResourcesResult::with_all_items(documents::resources(
            turn.drill()?,
        )))
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        one_page(request)?;
        Ok(ListResourceTemplatesResult::with_all_items(
            documents::templates(),
        ))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let mut turn = self.turn().await?;
        if let Some(contents) = documents::read(turn.drill()?, &request.uri) {
            Ok(ReadResourceResult::new(vec![contents]).into())
        } else {
            let uri: String = request.uri.chars().take(200).collect();
            Err(ErrorData::resource_not_found(
                format!("there is no resource {uri:?}; resources/list has all of them"),
                None,
            ))
        }
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        one_page(request)?;
        Ok(ListPromptsResult::with_all_items(documents::prompts()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        if let Some(prompt) = documents::prompt(&request.name) {
            Ok(prompt.into())
        } else {
            let name: String = request.name.chars().take(100).collect();
            Err(ErrorData::invalid_params(
                format!("there is no prompt {name:?}; prompts/list has all of them"),
                None,
            ))
        }
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        // The library takes a request whose parameters it cannot read for one that it does not know.
        let known = ["tools/", "resources/", "prompts/"];
        let method: String = request.method.chars().take(100).collect();
        if known.iter().any(|start| method.starts_with(start)) {
            return Err(ErrorData::invalid_params(
                format!("the parameters of {method} cannot be read"),
                None,
            ));
        }
        Err(ErrorData::new(
            rmcp::model::ErrorCode::METHOD_NOT_FOUND,
            format!("there is no method {method:?} here"),
            None,
        ))
    }
}

/// Lists are one page each: a cursor is none of this server's.
fn one_page(request: Option<PaginatedRequestParams>) -> Result<(), ErrorData> {
    match request.and_then(|request| request.cursor) {
        Some(_) => Err(ErrorData::invalid_params(
            "this list has one page: leave the cursor out",
            None,
        )),
        None => Ok(()),
    }
}
