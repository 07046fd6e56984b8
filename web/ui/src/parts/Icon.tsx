import type { ReactNode } from "react";

/** Line drawings in a square of 24, ours; `currentColor`, and nothing that needs a name of its own. */
const PATHS = {
  overview: "M4 13h7V4H4zM13 20h7v-9h-7zM4 20h7v-5H4zM13 4v5h7V4z",
  map: "M3 6l6-2 6 2 6-2v14l-6 2-6-2-6 2zM9 4v14M15 6v14",
  alarm: "M12 3l9.5 17h-19zM12 10v4.5M12 17.2v.3",
  sensor: "M4 18a9 9 0 1 1 16 0zM12 14l4-4",
  incident: "M4 5h16v14H4zM8 9h8M8 12h8M8 15h5",
  work: "M14.5 6.5a4 4 0 0 1 5-3l-2.6 2.6 1 1 2.6-2.6a4 4 0 0 1-5 5L8 17.5 6.5 16zM6.5 16l1.5 1.5-2.5 2.5a1 1 0 0 1-1.5-1.5z",
  rule: "M5 4v16M5 8h10l4 3-4 3H5",
  device: "M7 4h10v16H7zM10 8h4M10 17h4",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 20c0-3.5 2.7-6 6-6s6 2.5 6 6M16 4.5a3.5 3.5 0 0 1 0 6.5M17.5 14.5c2.1.8 3.5 2.9 3.5 5.5",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20c0-4 3.4-6 7.500-6s7.500 2 7.500 6",
  audit: "M6 3h9l4 4v14H6zM15 3v4h4M9 12h7M9 16h7",
  settings: "M12 15.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM12 2.500v3M12 18.500v3M2.500 12h3M18.500 12h3M5.300 5.300l2.100 2.100M16.600 16.600l2.100 2.100M5.300 18.700l2.100-2.100M16.600 7.400l2.100-2.100",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 20.500h4",
  town: "M3 21V9l6-4 6 4v12M15 12h6v9M3 21h18M7 12h4M7 16h4",
  system: "M4 5h16v6H4zM4 13h16v6H4zM8 8h.2M8 16h.2M12 8h5M12 16h5",
  wall: "M3 5h18v11H3zM9 20h6M12 16v4",
  about: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.500M12 7.600v.4",
  help: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.300 9.500a2.700 2.700 0 1 1 4 2.400c-.900.500-1.300 1-1.300 2M12 16.800v.3",
  more: "M5 12h.2M12 12h.2M19 12h.2",
  search: "M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM15.500 15.500L21 21",
  close: "M5 5l14 14M19 5L5 19",
  check: "M4 12.500l5.500 5.500L20 7",
  plus: "M12 4v16M4 12h16",
  back: "M14 5l-7 7 7 7",
  forward: "M10 5l7 7-7 7",
  down: "M5 9l7 7 7-7",
  up: "M5 15l7-7 7 7",
  download: "M12 3v12M7 10.500l5 5 5-5M4 20h16",
  upload: "M12 16V4M7 8.500l5-5 5 5M4 20h16",
  sound: "M4 9.500h4l5-4.500v14l-5-4.500H4zM16 9a4.500 4.500 0 0 1 0 6M18.500 6.500a8 8 0 0 1 0 11",
  mute: "M4 9.500h4l5-4.500v14l-5-4.500H4zM16.500 9.500l5 5M21.500 9.500l-5 5",
  camera: "M4 8h4l1.500-2.500h5L16 8h4v11H4zM12 16.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7z",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5.500l3.500 2",
  edit: "M4 20l1-4.500L16 4.500 19.500 8 8.500 19z",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  undo: "M9 6L4 11l5 5M4 11h10a6 6 0 0 1 0 12h-2",
  pin: "M12 21c-4-5-6-8-6-11a6 6 0 0 1 12 0c0 3-2 6-6 11zM12 12.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z",
  note: "M4 5h16v11h-9l-4 4v-4H4z",
  filter: "M3 5h18l-7 8v6l-4 2v-8z",
  print: "M7 8V3h10v5M5 8h14v8h-3M8 16H5M8 13h8v8H8z",
  play: "M7 4l13 8-13 8z",
  minus: "M4 12h16",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  layers: "M12 3l9 5-9 5-9-5zM3 12l9 5 9-5M3 16l9 5 9-5",
  measure: "M3 16L16 3l5 5L8 21zM7 12l2 2M10 9l3 3M13 6l2 2",
  pause: "M7 4v16M17 4v16",
} as const;

export type IconName = keyof typeof PATHS;

/** A drawing beside a word; alone it needs a label on what it stands in. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }): ReactNode {
  return (
    <svg
      viewBox="0 0 24 24"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === "more" ? 3.5 : 1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      style={{ flex: "none", width: `${size / 16}rem`, height: `${size / 16}rem` }}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
