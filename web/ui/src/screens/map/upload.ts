import { session } from "@/api/client";
import { ApiProblem, problemOf } from "@/api/problem";

/** Send a file and tell how much has gone; `fetch` can't tell. */
export async function upload(path: string, file: File, asked: Readonly<Record<string, string>>, tell: (share: number) => void): Promise<void> {
  const token = await session.freshToken();
  tell(0);
  await new Promise<void>((resolve, reject) => {
    const request = new XMLHttpRequest();
    const query = new URLSearchParams({ name: file.name, ...asked });
    request.open("PUT", `${path}?${query.toString()}`);
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", ({ loaded, total }) => tell(total ? loaded / total : 0));
    request.addEventListener("load", () => {
      if (request.status < 300) resolve();
      else reject(problemOf(parsed(request.responseText), request.status));
    });
    request.addEventListener("error", () => reject(new ApiProblem("", 0)));
    request.send(file);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
