import { processParts } from '../process-handler.js';

/** The `use cache` handler of this process. */
export default processParts().handler;
