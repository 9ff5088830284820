// A module for AB Tasty SDKs whose hosts cannot be configured: it redirects requests for the vendor's hosts
// to us. It is a text, because it runs in clients: browsers import it from us, Node builds from a file.

/**
 * Loaded over HTTP, it redirects to the host that served it. Node code calls it with `node:https` and
 * `node:http`, which its SDK uses.
 */
export const bootstrapText = `// Points AB Tasty SDKs at Tackline
const vendor = /^((decision|cdn|events|api-data-connector|uc-info)\\.flagship\\.io|ariane\\.abtasty\\.com)$/
export default function point(to, https, http) {
  if (!/^https?:/.test(to)) to = 'https://' + to
  const { protocol, hostname, host, port, origin, pathname } = new URL(to)
  const root = pathname.replace(/\\/+(v2\\/*)?$/, '')
  const { fetch } = globalThis
  globalThis.fetch = (input, init) => {
    const url = new URL(input.url ?? input, to)
    if (!vendor.test(url.hostname)) return fetch(input, init)
    const ours = origin + root + url.pathname + url.search
    return fetch(input.url ? new Request(ours, input) : ours, init)
  }
  const request = https?.request
  if (request) https.request = (o, ...a) => vendor.test(o.hostname)
    ? (protocol == 'http:' ? http.request : request)({ ...o, protocol, hostname, host, port, path: root + o.path, agent: undefined }, ...a)
    : request(o, ...a)
}
const { url } = import.meta
if (/^http/.test(url)) point(new URL('..', url))
`
