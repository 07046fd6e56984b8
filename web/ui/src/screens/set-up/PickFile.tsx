import type { ReactNode } from "react";
import { FileTrigger } from "react-aria-components";
import { Button } from "@/parts/Button";

/** A button that lets one file be chosen; the same one can be chosen again after it was mended. */
export function PickFile({ label, ends, isBusy, onFile }: {
  label: string;
  ends: readonly string[];
  isBusy: boolean;
  onFile: (file: File) => void;
}): ReactNode {
  return (
    <FileTrigger
      acceptedFileTypes={ends}
      onSelect={(files) => {
        const file = files?.[0];
        if (file) onFile(file);
      }}
    >
      <Button icon="upload" isDisabled={isBusy}>
        {label}
      </Button>
    </FileTrigger>
  );
}
