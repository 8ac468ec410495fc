namespace Marketplace.Storage;

/// <summary>
/// The stored form of a tree whose pages are stored: its branches, and where the pages are. Format (1), root, then the tree from the top: 0
/// nothing; 1 a branch: its bit, left, right; 2 a page: document, hash, sample, entries (u32), bytes (i64). Then the pages of the key
/// index: their number (u32), and for each its document, keys (u32), bytes (i64), and the first key behind its length (u16).
/// </summary>
internal static class StateDirectory
{
    private const byte Format = 1;
    private const byte Nothing = 0;
    private const byte Branch = 1;
    private const byte Page = 2;

    /// <param name="tree">What is written.</param>
    /// <param name="idOf">Where a page's content is.</param>
    public static ReadOnlyMemory<byte> Write(StateTree tree, Func<PageSlot, PageId> idOf)
    {
        var writer = new FormWriter(4096);
        writer.Byte(Format);
        writer.Id(tree.Root.Value);
        Write(writer, tree.Top, idOf);
        writer.U32((uint)tree.Index.Pages.Count);
        foreach (var page in tree.Index.Pages)
        {
            writer.Page(idOf(page.Slot));
            writer.U32((uint)page.Count);
            writer.I64(page.Bytes);
            writer.U16((ushort)page.First.Length);
            writer.Bytes(page.First);
        }
        return writer.Written;
    }

    /// <param name="bytes">As it was written.</param>
    /// <param name="pages">Reads pages.</param>
    /// <param name="name">For an error.</param>
    public static StateTree Read(ReadOnlySpan<byte> bytes, StatePages pages, string name)
    {
        var reader = new FormReader(bytes, name);
        reader.Version(Format);
        var root = reader.Id();
        var top = ReadNode(ref reader, parentBit: -1);
        var index = new KeyPage[reader.Items(26)];
        for (var place = 0; place < index.Length; place++)
        {
            var (id, count, size) = (reader.Page(), reader.Size(), reader.I64());
            index[place] = new KeyPage(id, reader.Bytes(reader.U16()).ToArray(), count, size);
        }
        reader.End();
        return (top?.Hash ?? default) == root
            ? new StateTree(pages, top, KeyIndex.Of(index))
            : throw reader.Damaged($"its pages do not have the root {root}");
    }

    private static void Write(FormWriter writer, StateNode? node, Func<PageSlot, PageId> idOf)
    {
        switch (node)
        {
            case StateBranch branch:
                writer.Byte(Branch);
                writer.Byte(branch.Bit);
                Write(writer, branch.Left, idOf);
                Write(writer, branch.Right, idOf);
                break;
            case StatePage page:
                writer.Byte(Page);
                writer.Page(idOf(page.Slot));
                writer.Id(page.Hash);
                writer.Id(page.Sample);
                writer.U32((uint)page.Count);
                writer.I64(page.Bytes);
                break;
            default:
                writer.Byte(Nothing);
                break;
        }
    }

    private static StateNode? ReadNode(ref FormReader reader, int parentBit)
    {
        switch (reader.Byte())
        {
            case Nothing when parentBit < 0:
                return null;
            case Branch when reader.Byte() is var bit && bit > parentBit:
                var left = ReadNode(ref reader, bit);
                return new StateBranch(bit, left!, ReadNode(ref reader, bit)!);
            case Page:
                var (id, hash, sample) = (reader.Page(), reader.Id(), reader.Id());
                return new StatePage(id, hash, sample, reader.Size(), reader.I64());
            default:
                throw reader.Damaged("a node of no known kind or out of its place");
        }
    }
}
