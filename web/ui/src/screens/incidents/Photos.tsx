import { useEffect, useId, useMemo, useState, type ChangeEvent, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Icon } from "@/parts/Icon";
import { useTellFailed } from "@/parts/toasts";
import { ACCEPTED, LARGEST, looked } from "./photos";
import { shrink } from "./shrink";
import css from "./Photos.module.css";

export interface Taken {
  name: string;
  type: string;
  bytes: ArrayBuffer;
}

/** A button that opens the camera on a phone, and another for files; what can't be sent is said at once. */
export function TakePhoto({ onTaken }: { onTaken: (taken: Taken) => void }): ReactNode {
  const t = useTranslations("incidents");
  return (
    <div className={css["take"]}>
      <Pick label={t("takePhoto")} icon="camera" accept="image/*" capture onTaken={onTaken} />
      <Pick label={t("addFile")} icon="upload" accept={ACCEPTED} onTaken={onTaken} />
    </div>
  );
}

function Pick({ label, icon, accept, capture = false, onTaken }: {
  label: string; icon: "camera" | "upload"; accept: string; capture?: boolean; onTaken: (taken: Taken) => void;
}): ReactNode {
  const t = useTranslations("incidents");
  const failed = useTellFailed();
  const id = useId();
  const take = async (event: ChangeEvent<HTMLInputElement>): Promise<void> => {
    const { target } = event;
    for (const file of target.files ?? []) {
      const found = looked(file);
      if ("wrong" in found) failed(new Error(t(`wrong.${found.wrong}`, { name: file.name, most: LARGEST / 2 ** 20 })));
      else onTaken({ name: file.name, type: found.type, bytes: await shrink(await file.arrayBuffer(), found.type) });
    }
    target.value = "";
  };
  return (
    <label htmlFor={id} className={css["pick"]}>
      <Icon name={icon} size={20} />
      {label}
      <input id={id} type="file" accept={accept} multiple={!capture} {...(capture && { capture: "environment" as const })}
        onChange={(event) => void take(event).catch(failed)} />
    </label>
  );
}

/** An address for bytes that are here; it goes with what shows it. */
export function useAddress(blob: Blob | undefined): string {
  const address = useMemo(() => (blob ? URL.createObjectURL(blob) : ""), [blob]);
  useEffect(() => () => {
    if (address) URL.revokeObjectURL(address);
  }, [address]);
  return address;
}

/** A picture that only this device has yet. */
export function LocalPhoto({ taken, children }: { taken: Taken; children?: ReactNode }): ReactNode {
  const blob = useMemo(() => new Blob([taken.bytes], { type: taken.type }), [taken]);
  const address = useAddress(blob);
  return (
    <figure className={css["photo"]} data-waiting>
      {address && <Picture address={address} name={taken.name} type={taken.type} />}
      <figcaption><bdi>{taken.name}</bdi> {children}</figcaption>
    </figure>
  );
}

/** The picture itself, or a sign where the browser can't draw it (HEIC, PDF). */
export function Picture({ address, name, type }: { address: string; name: string; type: string }): ReactNode {
  const [isDrawn, setDrawn] = useState(type !== "application/pdf");
  if (!isDrawn) return <span className={css["sign"]}><Icon name="note" size={40} /></span>;
  return <img src={address} alt={name} onError={() => setDrawn(false)} />;
}
