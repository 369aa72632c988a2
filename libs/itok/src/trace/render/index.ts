export { renderMap, renderMapDot, renderMapMermaid } from './map.js';
export { outcomePaint, type Style } from './pen.js';
export { renderTop, renderTopMarkdown, type TopOptions } from './top.js';
export { renderTraceMarkdown } from './render-trace-markdown.js';
export { renderTrace } from './trace-text.js';
export { renderWaterfall, type WaterfallOptions } from './render-waterfall.js';
