// An app that uses the Node SDK; see `tests/clients`. Arguments: the address, and what to do.
const http = require("node:http");
const Sentry = require("@sentry/node");

const [address, mode] = process.argv.slice(2);
const settings = { dsn: `http://key@${address}/42`, release: "shop@1.4.0", environment: "production" };

// The process is one session, which ends well.
function exited() {
  setTimeout(() => {}, 50);
}

// The process is one session, with an error that is handled, and then a crash.
function crashed() {
  Sentry.setUser({ id: "bob" });
  Sentry.captureException(new Error("handled"));
  setTimeout(() => {
    throw new Error("crash");
  }, 50);
}

// Four requests to a server: a session each, of which only the counts are sent.
function requests() {
  const crash = { mechanism: { handled: false, type: "generic" } };
  const server = http.createServer((request, response) => {
    if (request.url === "/error") Sentry.captureException(new Error("handled"));
    if (request.url === "/crash") Sentry.captureException(new Error("crash"), crash);
    response.end("page");
  });
  server.listen(0, "127.0.0.1", async () => {
    const { port } = server.address();
    for (const path of ["/", "/", "/error", "/crash"]) {
      await new Promise((done) => {
        http.get({ host: "127.0.0.1", port, path }, (response) => response.resume().on("end", done));
      });
    }
    server.close();
    await Sentry.close(2000);
  });
}

// The SDK names the project in the header of an envelope if somebody else is to pass it on.
if (mode === "tunnel") {
  settings.dsn = "https://key@o1.ingest.example/42";
  settings.tunnel = `http://${address}/tunnel`;
}
Sentry.init(settings);
({ exited, crashed, requests, tunnel: exited })[mode]();
