// The npm library `wechat` on Express: check, decrypt, parse, answer; nothing is stored.
// node express_app.js PORT PROCESSES PATH TOKEN AES_KEY APPID
const cluster = require("node:cluster");
const express = require("express");
const wechat = require("wechat");

const [port, processes, path, token, encodingAESKey, appid] = process.argv.slice(2);

function serve() {
  const app = express();
  app.get("/healthz", (req, res) => res.send("ok"));
  app.use(path, wechat({ token, appid, encodingAESKey }, (req, res) => res.reply("")));
  app.listen(Number(port), "127.0.0.1");
}

if (Number(processes) > 1 && cluster.isPrimary) {
  for (let n = 0; n < Number(processes); n++) cluster.fork();
} else {
  serve();
}
