export { HttpForwarder } from './http-forwarder.js';
