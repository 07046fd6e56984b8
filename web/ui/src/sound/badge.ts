import { useEffect } from "react";
import { isShelved } from "@/live/situation";
import { useActiveAlerts } from "@/live/use-live";
import { useNow } from "@/parts/use-now";

const SIZE = 64;
/** Shelves end; that they do is seen soon enough. */
const LOOK_EVERY = 10_000;

/** The title of the tab with the number of alarms to which nobody has reacted, and a mark on its icon. */
export function useBadge(title: string): void {
  const now = useNow(LOOK_EVERY);
  const fresh = useActiveAlerts().filter((alert) => alert.status === "open" && !isShelved(alert, now));
  const count = fresh.length;
  const isBad = fresh.some((alert) => alert.severity === "critical" || alert.severity === "high");
  useEffect(() => {
    document.title = `${count > 0 ? `(${count}) ` : ""}${title} · Weir`;
  }, [title, count]);
  useEffect(() => {
    const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    if (link) link.href = count > 0 ? picture(count, isBad) : "/icon.svg";
    const shown = count > 0 ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.();
    shown?.catch(() => undefined); // an ornament of installed applications; without the right to it, none
  }, [count, isBad]);
}

function picture(count: number, isBad: boolean): string {
  const style = getComputedStyle(document.documentElement);
  const canvas = document.createElement("canvas");
  canvas.width = SIZE;
  canvas.height = SIZE;
  const brush = canvas.getContext("2d");
  if (!brush) return "/icon.svg";
  brush.fillStyle = isBad ? "#c00020" : "#5c6369";
  brush.beginPath();
  for (const [x, y] of [[20, 2], [44, 2], [62, 20], [62, 44], [44, 62], [20, 62], [2, 44], [2, 20]] as const) brush.lineTo(x, y);
  brush.fill();
  brush.fillStyle = "#ffffff";
  brush.font = `bold 38px ${style.fontFamily || "sans-serif"}`;
  brush.textAlign = "center";
  brush.textBaseline = "middle";
  brush.fillText(count > 99 ? "99" : String(count), SIZE / 2, SIZE / 2 + 2);
  return canvas.toDataURL("image/png");
}
