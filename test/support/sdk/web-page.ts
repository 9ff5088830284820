// Serves a page on an origin of its own that loads the published web SDK and provider as modules, for tests
// in a browser.
import { createReadStream, existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, normalize } from 'node:path'

const modules = join(import.meta.dirname, '../../../node_modules')
const provider = '@openfeature/ofrep-web-provider'
const ownCore = `${provider}/node_modules/@openfeature/ofrep-core`
const coreFolder = existsSync(join(modules, ownCore)) ? ownCore : '@openfeature/ofrep-core'
const imports = {
  '@openfeature/web-sdk': '/@openfeature/web-sdk/dist/esm/index.js',
  '@openfeature/core': '/@openfeature/core/dist/esm/index.js',
  '@openfeature/ofrep-core': `/${coreFolder}/index.esm.js`,
  [provider]: `/${provider}/index.esm.js`,
}

const page = `<!doctype html><meta charset="utf-8"><title>waiting</title><link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">
  import { OpenFeature } from '@openfeature/web-sdk'
  import { OFREPWebProvider } from '${provider}'
  Object.assign(window, { OpenFeature, OFREPWebProvider })
  document.title = 'ready'
</script>`

/** Serves the page, or another page that loads modules by their paths below `node_modules`. */
export async function servePage(html = page): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = createServer((request, response) => {
    if (request.url === '/') {
      response.setHeader('content-type', 'text/html')
      return void response.end(html)
    }
    const path = normalize(join(modules, decodeURIComponent(request.url ?? '')))
    if (!path.startsWith(modules) || !/\.m?js$/.test(path) || !existsSync(path)) {
      response.statusCode = 404
      return void response.end()
    }
    response.setHeader('content-type', 'text/javascript')
    return void createReadStream(path).pipe(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() }
}
