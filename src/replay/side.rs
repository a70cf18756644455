//! Who is asked: this program over a database, or another service over HTTP.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::{Method, Request, Uri, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::app::{App, read_snapshot};
use crate::db::DatabaseUrl;
use crate::settings::Settings;

/// How long a service may take: longer than a switch waits.
const PATIENCE: Duration = Duration::from_secs(5);
/// A longer answer no switch takes.
const LONGEST: usize = 4 << 20;

/// One of the two.
#[derive(Clone)]
pub(crate) enum Side {
    Here { database: DatabaseUrl, app: Arc<App> },
    There { uri: Uri, address: String },
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Came {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// Says it without secrets.
impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here { database, .. } => write!(f, "this program over {database}"),
            Self::There { uri, .. } => write!(f, "{uri}"),
        }
    }
}

impl Side {
    /// This program over a database.
    pub(crate) fn here(mut settings: Settings, database: DatabaseUrl) -> anyhow::Result<Self> {
        let snapshot = read_snapshot(&database)?;
        settings.database_url = database.clone();
        Ok(Self::Here { database, app: App::new(settings, snapshot)? })
    }

    /// A service at a URL, as `http://127.0.0.1:8080/fsapi`.
    pub(crate) fn there(url: &str) -> anyhow::Result<Self> {
        let remedy = "write where a service answers, as in `http://127.0.0.1:8080/fsapi`";
        let Ok(uri) = url.parse::<Uri>() else { bail!("that is no URL; {remedy}") };
        let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http"));
        let Some(authority) = authority else {
            bail!("only http is spoken here; {remedy}, or through a proxy that does TLS");
        };
        if authority.as_str().contains('@') {
            bail!("no credentials are sent; {remedy}, or through a proxy that knows them");
        }
        let address = format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80));
        let path = if uri.path() == "/" { "/fsapi" } else { uri.path() };
        let whole = Uri::builder().scheme("http").authority(authority.clone()).path_and_query(path);
        Ok(Self::There { uri: whole.build()?, address })
    }

    /// Asks.
    pub(crate) async fn ask(&self, body: Vec<u8>) -> anyhow::Result<Came> {
        match self {
            Self::Here { app, .. } => {
                let asked = app.router.ask(body).await?.context("it is no look-up")?;
                Ok(Came { status: asked.reply.status, body: asked.reply.body })
            }
            Self::There { uri, address } => {
                let came = tokio::time::timeout(PATIENCE, post(uri, address, body)).await;
                came.map_err(|_| anyhow!("{uri} has not answered within {PATIENCE:?}"))?
                    .with_context(|| format!("asking {uri}"))
            }
        }
    }
}

async fn post(uri: &Uri, address: &str, body: Vec<u8>) -> anyhow::Result<Came> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driving = tokio::spawn(connection);
    let host = uri.authority().context("a URL with a host")?.as_str();
    let request = Request::builder()
        .method(Method::POST)
        .uri(uri.path())
        .header(header::HOST, host)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::CONNECTION, "close")
        .body(Full::new(Bytes::from(body)))?;
    let response = sender.send_request(request).await?;
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), LONGEST).collect().await;
    let body = body.map_err(|error| anyhow!(error))?.to_bytes().to_vec();
    driving.abort();
    Ok(Came { status, body })
}
