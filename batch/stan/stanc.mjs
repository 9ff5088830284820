// Translates a Stan model to C++ with stanc3, which Debian ships compiled to JavaScript (stanc.js,
// js_of_ocaml). Usage: node stanc.mjs STANC_JS MODEL.stan OUT.cpp
import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { createContext, runInContext } from 'node:vm'

const [stancPath, modelPath, outPath] = process.argv.slice(2)

// stanc.js registers itself on the global object, as it would in a browser; it gets one of its own.
const page = { console }
page.globalThis = page
createContext(page)
runInContext(readFileSync(stancPath, 'utf8'), page, { filename: 'stanc.js' })

const file = basename(modelPath)
const name = `${basename(modelPath, '.stan')}_model`
const { errors, warnings, result } = page.stanc(name, readFileSync(modelPath, 'utf8'), [])

// stanc.js of Stan 2.32 takes no file name: its messages, and those it compiles in, say 'string'.
const withFile = (text) => text.replaceAll("in 'string', line", `in '${file}', line`)

// OCaml arrays: slot 0 is a tag, and an empty one may be the number 0.
const report = (texts) => {
  for (const text of Array.isArray(texts) ? texts : [])
    if (typeof text === 'string') console.error(withFile(text))
}
report(warnings)
if (errors) {
  report(errors)
  process.exit(1)
}
writeFileSync(outPath, withFile(String(result)))
