// Builds the pages from the current source before the tests.
export default async function buildPage() {
  await import('../../scripts/build-page.mjs');
}
