// Renders the OpenAPI document as an HTML page, without scripts or resources of other hosts. Hono's `html`
// escapes every text of a declaration.
import { html } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'

type Html = HtmlEscapedString | Promise<HtmlEscapedString>

/** The part of JSON Schema that the page shows. */
interface Schema {
  readonly $ref?: string
  readonly deprecated?: boolean
  readonly type?: string
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
}
interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly description?: string
  readonly schema: Schema
}
type Content = Readonly<Record<string, { readonly schema: Schema }>>
interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly tags: readonly string[]
  readonly parameters: readonly Parameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}
export interface Document {
  readonly info: { readonly title: string; readonly description: string }
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

/** The page may load its own style sheet only. */
export const docsHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

export function docsPage({ info, tags, paths, components }: Document): Html {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const inSection = (section: string) =>
    operations.filter(({ operation }) => operation.tags.includes(section))
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${info.title}</title>
        <link rel="stylesheet" href="docs.css" />
      </head>
      <body>
        <nav aria-label="Sections">
          <a class="home" href="#top">${info.title}</a>
          ${tags.map(({ name }) => html`<a href="#${name}">${name}</a>`)}
          <a href="#shapes">shapes</a>
          <a href="openapi.json">openapi.json</a>
        </nav>
        <main id="top">
          <h1>${info.title}</h1>
          <p>${withCode(info.description)}</p>
          ${tags.map(
            ({ name }) =>
              html`<section id="${name}">
                <h2>${name}</h2>
                ${inSection(name).map(({ path, method, operation }) => operationOf(method, path, operation))}
              </section>`,
          )}
          <section id="shapes">
            <h2>shapes</h2>
            ${Object.entries(components.schemas).map(
              ([name, schema]) =>
                html`<details id="shape-${name}">
                  <summary><code>${name}</code></summary>
                  ${shapeOf(schema)}
                </details>`,
            )}
          </section>
        </main>
      </body>
    </html>`
}

function operationOf(method: string, path: string, operation: Operation): Html {
  const { operationId, summary, description, parameters, requestBody, responses } = operation
  const answers = Object.entries(responses).filter(([status]) => status !== 'default')
  return html`<details class="operation" id="${operationId}">
    <summary>
      <b class="${method}">${method.toUpperCase()}</b>
      <code>${path}</code>
      <span>${summary}</span>
    </summary>
    ${description.split('\n\n').map((paragraph) => html`<p>${withCode(paragraph)}</p>`)}
    ${parameters.length > 0 ? parameterTable(parameters) : ''}
    ${requestBody ? contentOf('Body', requestBody.content) : ''}
    ${answers.map(([status, { content }]) => contentOf(`Answer ${status}`, content ?? {}))}
  </details>`
}

const parameterTable = (parameters: readonly Parameter[]): Html =>
  html`<h3>Parameters</h3>
    <table>
      ${parameters.map(
        (parameter) =>
          html`<tr>
            <td><code>${parameter.name}</code>${parameter.required ? html` <em>required</em>` : ''}</td>
            <td>${parameter.in}</td>
            <td>${typeOf(parameter.schema)}</td>
            <td>${withCode(parameter.description ?? parameter.schema.description ?? '')}</td>
          </tr>`,
      )}
    </table>`

const contentOf = (title: string, content: Content): Html =>
  html`${Object.entries(content).map(
    ([type, { schema }]) =>
      html`<h3>${title} <small>${type}</small></h3>
        ${shapeOf(schema)}`,
  )}`

/** Renders code between backticks, as Markdown does. */
const withCode = (text: string): Html[] =>
  text.split('`').map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : html`${part}`))

/** Deeper nested schemas are shown by their type only. */
const depthMax = 4

function shapeOf(schema: Schema, depth = 0): Html {
  const { properties, items, required = [] } = schema
  const choices = schema.oneOf ?? schema.anyOf
  if (depth > depthMax) return html`${typeOf(schema)}`
  if (properties) {
    return html`<dl>
      ${Object.entries(properties).map(
        ([name, property]) =>
          html`<dt><code>${name}</code>${required.includes(name) ? '' : html` <small>optional</small>`}</dt>
            <dd>
              ${property.deprecated ? html`<small>deprecated</small>` : ''} ${typeOf(property)}
              ${withCode(property.description ?? '')}
              ${isNested(property) ? shapeOf(property, depth + 1) : ''}
            </dd>`,
      )}
    </dl>`
  }
  if (items && depth > 0) return isNested(items) ? shapeOf(items, depth + 1) : html``
  if (items)
    return html`<p>${typeOf(schema)}</p>
      ${isNested(items) ? shapeOf(items, 1) : ''}`
  if (choices?.some(isNested))
    return html`${choices.map((choice) => html`<div class="choice">${shapeOf(choice, depth + 1)}</div>`)}`
  return html`<p>${typeOf(schema)}</p>`
}

function isNested({ properties, items, anyOf, oneOf }: Schema): boolean {
  return (
    properties !== undefined ||
    (items !== undefined && isNested(items)) ||
    (oneOf ?? anyOf ?? []).some(isNested)
  )
}

/** A schema in a few words; a named schema as a link. */
function typeOf(schema: Schema): Html {
  const { $ref, type, items, additionalProperties } = schema
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf('/') + 1)
    return html`<a href="#shape-${name}">${name}</a>`
  }
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`
  if (schema.enum)
    return html`${separated(schema.enum.map((value) => html`<code>${JSON.stringify(value)}</code>`))}`
  const choices = schema.oneOf ?? schema.anyOf
  if (choices) return choices.some(isNested) ? html`one of` : html`${separated(choices.map(typeOf))}`
  if (items) return html`list of ${isNested(items) ? 'objects' : typeOf(items)}${limits(schema)}`
  if (typeof additionalProperties === 'object') return html`map to ${typeOf(additionalProperties)}`
  return html`${type ?? 'anything'}${limits(schema)}`
}

const separated = (parts: readonly Html[]): (Html | string)[] =>
  parts.flatMap((part, i) => (i === 0 ? [part] : [' or ', part]))

function limits({ minimum, maximum, maxLength, maxItems, pattern, default: defaultValue }: Schema): Html {
  const parts = [
    minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER && `from ${minimum}`,
    maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER && `to ${maximum}`,
    maxLength !== undefined && `at most ${maxLength} characters`,
    maxItems !== undefined && `at most ${maxItems}`,
    pattern !== undefined && `matches ${pattern}`,
    defaultValue !== undefined && `default ${JSON.stringify(defaultValue)}`,
  ].filter((part) => part !== false)
  return parts.length === 0 ? html`` : html`, <small>${parts.join(', ')}</small>`
}

export const docsStyle = `
:root {
  color-scheme: light dark; --line: light-dark(#d8dee6, #333b47); --soft: light-dark(#f5f7fa, #1b2027);
  --ink: light-dark(#17202b, #e4e9f0); --faint: light-dark(#5a6675, #97a3b4);
  --accent: light-dark(#0b5cad, #7ab7ff);
}
* { box-sizing: border-box }
html { scroll-padding-top: 1rem }
body {
  margin: 0; display: grid; grid-template-columns: 13rem minmax(0, 1fr); color: var(--ink);
  background: light-dark(#fff, #12161c); font: 15px/1.5 system-ui, sans-serif;
}
nav {
  position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1.2rem 1rem;
  border-right: 1px solid var(--line); background: var(--soft);
}
nav a {
  display: block; padding: .15rem .4rem; color: var(--faint); text-decoration: none; border-radius: 4px;
}
nav a:hover, nav a:focus-visible { color: var(--ink); background: var(--line) }
nav .home { margin-bottom: .8rem; color: var(--ink); font-weight: 600 }
main { max-width: 62rem; padding: 1.5rem 2rem 6rem }
h1 { margin: 0 0 .5rem; font-size: 1.6rem }
h2 { margin: 2.2rem 0 .6rem; font-size: 1.15rem; text-transform: capitalize }
h3 { margin: 1rem 0 .3rem; font-size: .85rem; color: var(--faint); font-weight: 600 }
code { font: .87em ui-monospace, monospace }
a { color: var(--accent) }
small, em { color: var(--faint); font-size: .85em; font-style: normal }
details {
  border: 1px solid var(--line); border-radius: 6px; margin: .35rem 0; padding: 0 .8rem;
  overflow-wrap: anywhere;
}
details[open] { padding-bottom: .8rem }
summary { cursor: pointer; margin: 0 -.8rem; padding: .45rem .8rem; list-style: none; border-radius: 6px }
summary:hover { background: var(--soft) }
summary span { display: block; padding-left: 4.2rem; color: var(--faint) }
summary b {
  display: inline-block; width: 4rem; font: 600 .75rem ui-monospace, monospace; color: var(--accent);
}
b.delete { color: light-dark(#b3261e, #ff9b93) }
b.post { color: light-dark(#13713c, #77d79f) }
b.patch, b.put { color: light-dark(#8a5300, #f0bd6b) }
table { width: 100%; border-collapse: collapse }
td:nth-child(2) { white-space: nowrap }
td { padding: .25rem .8rem .25rem 0; border-top: 1px solid var(--line); vertical-align: top }
dl { margin: .2rem 0; padding-left: .8rem; border-left: 2px solid var(--line) }
dt { margin-top: .25rem }
dd { margin: 0 0 0 1rem; color: var(--faint) }
.choice { margin: .4rem 0 }
@media (max-width: 50rem) {
  body { display: block }
  nav { position: static; height: auto; border: 0 }
  nav a { display: inline-block }
  main { padding: 1rem }
}
`
