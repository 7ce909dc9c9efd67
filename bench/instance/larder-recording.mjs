// Larder that records what this process does, and reports it, only while it is told to.
import { Client } from '../../next/dist/client/client.js';

export { stored } from './larder-acknowledgements.mjs';

const { count, report } = Client.prototype;
let recording = true;
let counting;

Client.prototype.count = function (...read) {
  counting = this;
  if (recording) count.apply(this, read);
};
Client.prototype.report = function () {
  if (recording) report.call(this);
};

/**
 * Has what is read from now on recorded, or not.
 *
 * @param {{ recording: boolean, reported?: boolean }} how with `reported` a report is sent as well
 */
export function record(how) {
  recording = how.recording;
  if (how.reported) report.call(counting);
}
