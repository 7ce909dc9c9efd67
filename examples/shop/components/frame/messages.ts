/** What a shop page tells the page that frames it. */
export type ShopMessage =
  | { type: 'path'; path: string }
  | { type: 'block'; path: string; block: string; by: string; at: string; fresh: boolean }
  | { type: 'edited'; path: string };

/** Tells the framing page something; does nothing if the shop is not framed. */
export function tellFrame(message: ShopMessage): void {
  if (window.parent !== window)
    window.parent.postMessage({ source: 'larder-shop', ...message }, '*');
}
