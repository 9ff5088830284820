// Builds the console into console/dist, which control serves as static assets. `npm run dev:console` serves
// it with hot reload against a running stack, whose address is in TACKLINE_URL.
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/** Hot reload writes inline scripts and styles, which the policy refuses: it holds for what is built. */
const policyOfBuilds: Plugin = {
  name: 'policy-of-builds',
  apply: 'serve',
  transformIndexHtml: (html) => html.replace(/<meta\s+http-equiv="Content-Security-Policy"[^>]+>/, ''),
}

const stack = process.env['TACKLINE_URL'] ?? 'http://127.0.0.1:8787'

export default defineConfig(({ command }) => {
  // whoever builds, such as a test, may have another one: then React would be its development build
  if (command === 'build') process.env['NODE_ENV'] = 'production'
  return {
    root: import.meta.dirname,
    publicDir: 'static',
    plugins: [react(), policyOfBuilds],
    server: { port: 8790, proxy: { '/api': stack } },
    build: {
      outDir: 'dist',
      target: 'es2023',
      assetsInlineLimit: 0, // the policy has no `data:`
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
  }
})
