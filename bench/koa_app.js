// The npm library `co-wechat` on Koa: check, decrypt, parse, answer; nothing is stored.
// node koa_app.js PORT PROCESSES PATH TOKEN AES_KEY APPID
const cluster = require("node:cluster");
const Koa = require("koa");
const wechat = require("co-wechat");

const [port, processes, path, token, encodingAESKey, appid] = process.argv.slice(2);

function serve() {
  const app = new Koa();
  const answer = wechat({ token, appid, encodingAESKey }).middleware(async () => "");
  app.use(async (ctx, next) => {
    if (ctx.path === "/healthz") ctx.body = "ok";
    else if (ctx.path === path) await answer(ctx, next);
  });
  app.listen(Number(port), "127.0.0.1");
}

if (Number(processes) > 1 && cluster.isPrimary) {
  for (let n = 0; n < Number(processes); n++) cluster.fork();
} else {
  serve();
}
