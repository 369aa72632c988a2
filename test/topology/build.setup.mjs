// The end-to-end suite runs the programs that users run: built once, before any of its specs.
import { buildMonolith } from '../../scripts/lib/monolith.mjs';

export default buildMonolith;
