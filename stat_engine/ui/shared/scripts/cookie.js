// A value that this browser alone keeps for a year; an empty one is forgotten.
export default function ({ data }) {
  const age = data.value ? 365 * 24 * 3600 : 0;
  document.cookie = `${data.name}=${encodeURIComponent(data.value)}; path=/; max-age=${age}; samesite=strict`;
}
