import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { helpPages } from "./help-pages.ts";
import { partsOfTheScreens } from "./licences.ts";
import { offlineShell } from "./offline-shell.ts";
import { firstFonts, firstParts, GROUPS } from "./first-load.ts";

// What is built lies beside the server's code and is served from there: no Node at run time.
export default defineConfig({
  base: "/",
  plugins: [react(), helpPages(), partsOfTheScreens(), firstFonts(), firstParts(), offlineShell(["/icon.svg", "/icon-192.png", "/manifest.webmanifest"])],
  resolve: { alias: { "@": fileURLToPath(new URL("src", import.meta.url)) } },
  build: {
    outDir: "../static",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0, // the content policy knows no data: fonts or scripts
    chunkSizeWarningLimit: 1200,
    manifest: true, // a test adds up what a first visit loads
    rolldownOptions: { output: { codeSplitting: { groups: GROUPS } } },
  },
  server: {
    proxy: {
      "/api": "http://127.0.0.1:8000",
      "/ws": { target: "ws://127.0.0.1:8000", ws: true },
    },
  },
  test: { environment: "happy-dom", include: ["tests/**/*.test.{ts,tsx}"] },
});
