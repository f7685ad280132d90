//! A stand-in for Amazon Textract: its two asynchronous calls over JSON 1.1, with what it says beforehand, and what it
//! refuses. It reads nothing: the words of pages are the test's.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Blocks in a part, however many are asked for: so that an answer has several.
const BLOCKS_A_PART: usize = 25;

/// How a job ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Succeeded,
    Failed,
    /// Without the pages from this one on.
    WithoutPagesFrom(u32),
    Never,
}

/// A job, and what it was asked with.
#[derive(Clone, Debug)]
pub struct Job {
    pub token: String,
    pub bucket: String,
    pub key: String,
    pub end: End,
    /// Looks at it that find it unfinished.
    unfinished: usize,
}

#[derive(Default)]
struct Told {
    pages: Vec<Vec<Value>>,
    counts: Option<usize>,
    /// How the next jobs end; well, where nothing is said.
    ends: VecDeque<End>,
    /// What is answered to the next requests to start a job, and to tell of one, before any is looked at.
    refusals: [VecDeque<&'static str>; 2],
    jobs: Vec<Job>,
    starts: usize,
    parts: usize,
    wrong: Vec<String>,
}

/// See the module. Cheap to clone.
#[derive(Clone)]
pub struct Textract {
    pub base: String,
    told: Arc<Mutex<Told>>,
}

impl Textract {
    /// Starts it, with the text of a file's pages.
    pub async fn serve(texts: &[&str]) -> Self {
        let pages = (1..).zip(texts).map(|(number, text)| blocks(number, text)).collect();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("it"));
        let stub = Self { base, told: Arc::new(Mutex::new(Told { pages, ..Told::default() })) };
        let routes = Router::new().fallback(answer).with_state(stub.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        stub
    }

    /// How the next job ends that is begun.
    pub fn next_ends(&self, end: End) {
        self.told.lock().unwrap().ends.push_back(end);
    }

    /// The next requests to start a job are refused so.
    pub fn refuse_start(&self, code: &'static str, times: usize) {
        self.told.lock().unwrap().refusals[0].extend(std::iter::repeat_n(code, times));
    }

    /// The next requests for a job's answer are refused so.
    pub fn refuse_get(&self, code: &'static str, times: usize) {
        self.told.lock().unwrap().refusals[1].extend(std::iter::repeat_n(code, times));
    }

    /// Jobs that never end are done from now on.
    pub fn finish(&self) {
        for job in &mut self.told.lock().unwrap().jobs {
            (job.end, job.unfinished) = (End::Succeeded, 0);
        }
    }

    /// It counts other pages in the file than were told.
    pub fn count_pages(&self, pages: usize) {
        self.told.lock().unwrap().counts = Some(pages);
    }

    pub fn jobs(&self) -> Vec<Job> {
        self.told.lock().unwrap().jobs.clone()
    }

    /// Requests to start a job, and parts of answers that were given.
    pub fn requests(&self) -> (usize, usize) {
        let told = self.told.lock().unwrap();
        (told.starts, told.parts)
    }

    /// What the real one would have refused.
    pub fn wrong(&self) -> Vec<String> {
        self.told.lock().unwrap().wrong.clone()
    }
}

impl Told {
    fn start(&mut self, asked: &Value) -> Result<Value, &'static str> {
        self.starts += 1;
        if let Some(code) = self.refusals[0].pop_front() {
            return Err(code);
        }
        let object = &asked["DocumentLocation"]["S3Object"];
        let text = |v: &Value| v.as_str().filter(|s| !s.is_empty()).map(str::to_owned);
        let (Some(bucket), Some(key)) = (text(&object["Bucket"]), text(&object["Name"])) else {
            return Err(self.fault("a job without bucket or key", "InvalidS3ObjectException"));
        };
        let plain =
            |t: &String| t.len() <= 64 && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        let Some(token) = text(&asked["ClientRequestToken"]).filter(plain) else {
            return Err(self.fault("a job without a plain client token", "InvalidParameterException"));
        };
        if let Some(at) = self.jobs.iter().position(|job| job.token == token) {
            if (&self.jobs[at].bucket, &self.jobs[at].key) != (&bucket, &key) {
                return Err(self.fault("one token, two files", "IdempotentParameterMismatchException"));
            }
            return Ok(json!({ "JobId": id(at) }));
        }
        let end = self.ends.pop_front().unwrap_or(End::Succeeded);
        let unfinished = if end == End::Never { usize::MAX } else { 1 };
        self.jobs.push(Job { token, bucket, key, end, unfinished });
        Ok(json!({ "JobId": id(self.jobs.len() - 1) }))
    }

    fn get(&mut self, asked: &Value) -> Result<Value, &'static str> {
        if let Some(code) = self.refusals[1].pop_front() {
            return Err(code);
        }
        let job = asked["JobId"].as_str().unwrap_or_default();
        let Some(at) = (0..self.jobs.len()).find(|at| id(*at) == job) else {
            return Err(self.fault("a job that is none", "InvalidJobIdException"));
        };
        let most = asked["MaxResults"].as_u64().unwrap_or(1000);
        if !(1..=1000).contains(&most) {
            return Err(self.fault("MaxResults out of range", "InvalidParameterException"));
        }
        let from = match asked["NextToken"].as_str() {
            None => Some(0),
            Some(next) => next.strip_prefix(&format!("{job}-from-")).and_then(|from| from.parse().ok()),
        };
        let Some(from) = from else {
            return Err(self.fault("a NextToken of nobody", "InvalidParameterException"));
        };
        let job = &mut self.jobs[at];
        if job.unfinished > 0 {
            job.unfinished -= 1;
            return Ok(json!({ "JobStatus": "IN_PROGRESS" }));
        }
        let end = job.end;
        Ok(self.part(&id(at), end, from, BLOCKS_A_PART.min(most as usize)))
    }

    fn part(&mut self, job: &str, end: End, from: usize, most: usize) -> Value {
        let (status, last) = match end {
            End::Failed => return json!({ "JobStatus": "FAILED", "StatusMessage": "INTERNAL_ERROR" }),
            End::WithoutPagesFrom(page) => ("PARTIAL_SUCCESS", page - 1),
            End::Succeeded | End::Never => ("SUCCEEDED", u32::MAX),
        };
        self.parts += 1;
        let read = self.pages.iter().take(last as usize);
        let blocks: Vec<&Value> = read.flatten().skip(from).collect();
        let mut answer = json!({
            "DocumentMetadata": { "Pages": self.counts.unwrap_or(self.pages.len()) },
            "JobStatus": status,
            "Blocks": blocks.iter().take(most).collect::<Vec<_>>(),
            "DetectDocumentTextModelVersion": "1.0",
        });
        if blocks.len() > most {
            answer["NextToken"] = json!(format!("{job}-from-{}", from + most));
        }
        if status == "PARTIAL_SUCCESS" {
            let lost: Vec<usize> = (last as usize + 1..=self.pages.len()).collect();
            answer["Warnings"] = json!([{ "ErrorCode": "PAGE_FAILED", "Pages": lost }]);
        }
        answer
    }

    fn fault(&mut self, what: &str, code: &'static str) -> &'static str {
        self.wrong.push(what.to_owned());
        code
    }
}

/// Job ids are long and opaque.
fn id(at: usize) -> String {
    format!("{at:064x}")
}

async fn answer(State(stub): State<Textract>, headers: HeaderMap, body: String) -> Response {
    let told = |name| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let asked: Value = serde_json::from_str(&body).unwrap_or_default();
    let mut state = stub.told.lock().unwrap();
    let answer = match told("x-amz-target") {
        _ if !told("authorization").contains("/textract/aws4_request") => {
            Err(state.fault("a request that is not signed", "MissingAuthenticationTokenException"))
        }
        "Textract.StartDocumentTextDetection" => state.start(&asked),
        "Textract.GetDocumentTextDetection" => state.get(&asked),
        other => {
            let other = other.to_owned();
            Err(state.fault(&other, "UnknownOperationException"))
        }
    };
    let (status, body) = match answer {
        Ok(body) => (StatusCode::OK, body),
        Err(code) => (StatusCode::BAD_REQUEST, json!({ "__type": code, "message": "as the test told" })),
    };
    (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.1")], body.to_string()).into_response()
}

/// The blocks of a page on which this text stands, row by row: the page, its lines (parted at wide gaps), their words.
pub fn blocks(page: u32, text: &str) -> Vec<Value> {
    let mut lines = Vec::new();
    let mut words = Vec::new();
    for (row, line) in text.lines().enumerate() {
        let mut ids: Vec<String> = Vec::new();
        let mut end = 0;
        let places = line.split_whitespace().map(|word| word.as_ptr() as usize - line.as_ptr() as usize);
        for (start, word) in places.zip(line.split_whitespace()) {
            if start > end + 1 && !ids.is_empty() {
                lines.push(json!(std::mem::take(&mut ids)));
            }
            end = start + word.len();
            let id = format!("word-{page}-{}", words.len());
            ids.push(id.clone());
            words.push(block("WORD", page, &id, Some(word), place(row, start, word.len())));
        }
        if !ids.is_empty() {
            lines.push(json!(ids));
        }
    }
    let sheet = block("PAGE", page, &format!("page-{page}"), None, (0.0, 0.0, 1.0, 1.0));
    let line = |(at, ids): (usize, &Value)| {
        let mut line = block("LINE", page, &format!("line-{page}-{at}"), None, (0.0, 0.0, 1.0, 1.0));
        line["Relationships"] = json!([{ "Type": "CHILD", "Ids": ids }]);
        line
    };
    [sheet].into_iter().chain(lines.iter().enumerate().map(line)).chain(words.iter().cloned()).collect()
}

/// Left, top, width, height in parts of the page, which has 100 columns and 66 rows.
fn place(row: usize, column: usize, letters: usize) -> (f64, f64, f64, f64) {
    (column as f64 / 100.0, row as f64 / 66.0, letters as f64 / 100.0, 0.7 / 66.0)
}

fn block(kind: &str, page: u32, id: &str, text: Option<&str>, at: (f64, f64, f64, f64)) -> Value {
    let (left, top, width, height) = at;
    let corner = |x: f64, y: f64| json!({ "X": x, "Y": y });
    let (right, bottom) = (left + width, top + height);
    let mut block = json!({
        "BlockType": kind, "Id": id, "Page": page, "Confidence": 98.7,
        "Geometry": {
            "BoundingBox": { "Left": left, "Top": top, "Width": width, "Height": height },
            "Polygon": [corner(left, top), corner(right, top), corner(right, bottom), corner(left, bottom)],
        },
    });
    if let Some(text) = text {
        block["Text"] = json!(text);
        block["TextType"] = json!("PRINTED");
    }
    block
}
