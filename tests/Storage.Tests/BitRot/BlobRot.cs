namespace Marketplace.Storage.BitRot;

/// <summary>
/// A blob on real files, of whose data or tree each bit is flipped; the check must name the place, and no read may give a wrong byte.
/// </summary>
internal sealed class BlobRot
{
    private readonly BitRotTally _tally = new();
    private readonly FileBlobStore _store;
    private readonly BlobInfo _info;
    private readonly byte[] _content;
    private readonly byte[] _read;

    private BlobRot(FileBlobStore store, BlobInfo info, byte[] content) =>
        (_store, _info, _content, _read) = (store, info, content, new byte[content.Length + 1]);

    /// <param name="store">Empty.</param>
    /// <param name="size">Of the blob.</param>
    /// <param name="part"><c>data</c> or <c>tree</c>.</param>
    /// <param name="bits">Which bits of the file to flip, given how many it has.</param>
    public static async Task<BitRotResult> Run(FileBlobStore store, int size, string part, Func<long, IEnumerable<long>> bits)
    {
        var content = new byte[size];
        new Random(size).NextBytes(content);
        var info = await store.Put(new MemoryStream(content), size);
        var rot = new BlobRot(store, info, content);
        var path = part == "data" ? store.Files.Data(info.Id) : store.Files.Tree(info.Id);
        foreach (var bit in bits(new FileInfo(path).Length * 8))
        {
            await rot.Flip(path, bit, part);
        }
        rot._tally.Require((await rot.Check()).Count == 0, 0, "the restored blob is found broken");
        await store.Delete(info.Id);
        return rot._tally.Result;
    }

    public static IEnumerable<long> Every(long bits)
    {
        for (var bit = 0L; bit < bits; bit++)
        {
            yield return bit;
        }
    }

    private async Task Flip(string path, long bit, string part)
    {
        _tally.Count();
        Toggle(path, bit);
        var damages = await Check();
        var unit = part == "data" ? BlobTree.GroupBytes : BlobTree.NodeBytes;
        if (damages.Count > 0)
        {
            _tally.Detected++;
        }
        _tally.Require(
            damages is [var damage] && (damage.Id, damage.Part, damage.Offset) == (_info.Id, part, bit / 8 / unit * unit),
            bit,
            $"the check found [{string.Join("; ", damages)}], expected one damage of the {part} at {bit / 8 / unit * unit}"
        );
        try
        {
            // Only the top of the tree and what is above a group is looked at when it is read, so a flip in the tree may do no harm.
            _tally.Require(await ReadRight() && part == "tree", bit, "a read gave wrong bytes, or did not see that the data is broken");
        }
        catch (BlobDamagedException damaged)
        {
            _tally.Require(damaged.Damage.Part == part, bit, $"a read found {damaged.Damage}");
        }
        catch (Exception failure)
        {
            _tally.Require(false, bit, $"a read broke off: {failure.Message}");
        }
        Toggle(path, bit);
    }

    private async Task<bool> ReadRight()
    {
        await using var stream = await _store.Open(_info.Id);
        var count = stream is null ? -1 : await stream.ReadAtLeastAsync(_read, _read.Length, throwOnEndOfStream: false);
        return count == _content.Length && _read.AsSpan(0, count).SequenceEqual(_content);
    }

    private async Task<List<BlobDamage>> Check()
    {
        var damages = new List<BlobDamage>();
        await foreach (var damage in _store.Check())
        {
            damages.Add(damage);
        }
        return damages;
    }

    private static void Toggle(string path, long bit)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        Span<byte> one = stackalloc byte[1];
        RandomAccess.Read(file, one, bit / 8);
        one[0] ^= (byte)(1 << (int)(bit % 8));
        RandomAccess.Write(file, one, bit / 8);
    }
}
