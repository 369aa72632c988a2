// The end-to-end suite runs the programs that users run: built once, before any of its specs.
import { build } from '../../scripts/lib/build.mjs';
import { DOMAINS } from '../../scripts/lib/topology.mjs';

export default () => build(['gateway', ...DOMAINS]);
