// @ts-check
// Makes elements. Text becomes text nodes, never markup; the page's Content-Security-Policy (trusted-types
// 'none') enforces this.

/** @typedef {Node | string | undefined} Child */
/** @typedef {Record<string, string | number | boolean | undefined | ((event: Event) => void)>} Attributes */

/**
 * An attribute that is `false` or undefined is left out; a function listens to the event of that name.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} attributes
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes, ...children) {
  return dress(document.createElement(tag), attributes, children)
}

/**
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} attributes
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, attributes, ...children) {
  return dress(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children)
}

/**
 * @template {Element} E
 * @param {E} element
 * @param {Attributes} attributes
 * @param {readonly Child[]} children
 */
function dress(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value)
    else if (value !== undefined && value !== false)
      element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(...children.filter((child) => child !== undefined))
  return element
}

/**
 * The element of index.html with this id.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id)
  if (!element) throw new Error(`index.html has no #${id}`)
  return element
}

/**
 * Text in which backticks mark code.
 * @param {string} text
 * @returns {Node[]}
 */
export const prose = (text) =>
  text.split('`').map((part, i) => (i % 2 === 1 ? h('code', {}, part) : document.createTextNode(part)))

/**
 * @param {string} text
 * @param {string} className
 */
export const sentence = (text, className = 'sentence') => h('p', { class: className }, ...prose(text))

/**
 * A list of terms and their values.
 * @param {readonly (readonly [term: string, description: Child])[]} pairs
 */
export const facts = (pairs) =>
  h(
    'dl',
    { class: 'facts' },
    ...pairs
      .filter(([, description]) => description !== undefined)
      .map(([term, description]) => h('div', {}, h('dt', {}, term), h('dd', {}, description))),
  )
