export { inProcessPort } from './in-process-port.js';
