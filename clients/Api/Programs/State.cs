namespace Marketplace;

/// <summary>Keys of a program's state, in the order of their bytes.</summary>
/// <param name="Root">Of the state that was listed: name it to read on in the same one.</param>
/// <param name="Keys">Keys of the whole state.</param>
/// <param name="Bytes">Of the whole state: keys and values, and eight for each key.</param>
/// <param name="Items">The page's keys.</param>
/// <param name="Next">The last key in hexadecimal, after which the next page begins; absent on the last page.</param>
public sealed record StateKeyPage(StateRoot Root, int Keys, long Bytes, IReadOnlyList<StateKeyName> Items, string? Next = null);

/// <summary>One key of a program's state.</summary>
/// <param name="Key">Its bytes in hexadecimal.</param>
/// <param name="Text">The same as text; absent where it is not printable UTF-8.</param>
public sealed record StateKeyName(string Key, string? Text = null);

/// <summary>The value of one key, or that it has none.</summary>
/// <param name="Root">Of the state that was read.</param>
/// <param name="Key">The key in hexadecimal.</param>
/// <param name="Value">In base64; absent where the key has no value.</param>
/// <param name="Proof">
/// In base64, by receipts/STATE.md: that the key has this value under the root, or none; absent unless asked for.
/// </param>
public sealed record StateKeyValue(StateRoot Root, string Key, ReadOnlyMemory<byte>? Value = null, ReadOnlyMemory<byte>? Proof = null);

/// <summary>A part of a program's whole state.</summary>
/// <param name="Root">Of the state that is exported: name it to read on in the same one.</param>
/// <param name="Chunk">In base64, by receipts/STATE.md: entries with the proof that none is missing between them.</param>
/// <param name="Next">The path of the last entry, after which the next chunk begins; absent with the last chunk.</param>
public sealed record StateExport(StateRoot Root, ReadOnlyMemory<byte> Chunk, string? Next = null);

/// <summary>The body of <c>POST /v1/programs/{id}/state:import</c>.</summary>
/// <param name="Root">Of the whole state.</param>
/// <param name="Chunk">In base64, as an export gave it.</param>
public sealed record StateImportRequest(StateRoot Root, ReadOnlyMemory<byte> Chunk);

/// <summary>How far an import is.</summary>
/// <param name="Keys">Keys so far.</param>
/// <param name="Next">The path after which the next chunk is wanted; absent when the import is complete.</param>
public sealed record ImportedState(int Keys, string? Next = null);
