using Marketplace.Crypto;
using Microsoft.Win32.SafeHandles;

namespace Marketplace.Storage;

/// <summary>
/// One blob on its way in: data and tree go to temporary files while they are hashed. Memory is one buffer, whatever the size. Its maker
/// disposes it; files that have not been moved to their place by then are deleted.
/// </summary>
internal sealed class BlobWriter : IDisposable
{
    /// <summary>
    /// How much is written before the disk is asked to start: so that the last flush of a large blob has little left to do.
    /// </summary>
    private const long FlushEveryBytes = 32 << 20;

    private const int TreeBufferNodes = 1024;

    private readonly SafeFileHandle _data;
    private readonly BlobTreeBuilder _builder;
    private byte[] _treeBuffer = [];
    private SafeFileHandle? _tree;
    private int _treeBuffered;
    private long _treeWritten;
    private long _groups;
    private Task _flushing = Task.CompletedTask;
    private long _flushedAt;

    /// <param name="name">Where the files go, without their endings.</param>
    public BlobWriter(string name)
    {
        DataPath = name + BlobFiles.DataEnding;
        TreePath = name + BlobFiles.TreeEnding;
        _builder = new BlobTreeBuilder(EmitNode);
        _data = File.OpenHandle(DataPath, FileMode.CreateNew, FileAccess.Write, FileShare.Delete);
    }

    public string DataPath { get; }
    public string TreePath { get; }
    public long Length { get; private set; }
    public bool HasTree => _tree is not null;

    /// <summary>What the file system says of the data, whatever its name is by now.</summary>
    public DateTimeOffset StoredAt => new(File.GetLastWriteTimeUtc(_data), TimeSpan.Zero);

    /// <summary>Content of more than one group: takes whole groups, and at the very end a shorter one.</summary>
    public void WriteGroups(ReadOnlySpan<byte> bytes)
    {
        for (var offset = 0; offset < bytes.Length; offset += BlobTree.GroupBytes)
        {
            _builder.Add(Blake3Tree.GroupValue(bytes[offset..Math.Min(bytes.Length, offset + BlobTree.GroupBytes)], _groups++));
        }
        WriteData(bytes);
    }

    /// <summary>Content of one group.</summary>
    public BlobId WriteSmall(ReadOnlySpan<byte> bytes)
    {
        WriteData(bytes);
        RandomAccess.FlushToDisk(_data);
        return new BlobId(Blake3.Hash(bytes));
    }

    /// <summary>Makes both files durable.</summary>
    public async ValueTask<BlobId> Finish()
    {
        var id = new BlobId(_builder.Finish());
        WriteTree();
        await _flushing.ConfigureAwait(false);
        await Task.Run(() =>
            {
                RandomAccess.FlushToDisk(_data);
                RandomAccess.FlushToDisk(_tree!);
            })
            .ConfigureAwait(false);
        return id;
    }

    public void Dispose()
    {
        // A flush that still runs holds the handle open; whether it succeeds does not matter for a file that is deleted here.
        _data.Dispose();
        _tree?.Dispose();
        File.Delete(DataPath);
        File.Delete(TreePath);
    }

    private void WriteData(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(_data, bytes, Length);
        Length += bytes.Length;
        if (Length - _flushedAt < FlushEveryBytes || !_flushing.IsCompleted)
        {
            return;
        }
        _flushing.GetAwaiter().GetResult();
        _flushedAt = Length;
        _flushing = Task.Run(() => RandomAccess.FlushToDisk(_data));
    }

    private void EmitNode(Bytes32 node)
    {
        if (_treeBuffer.Length == 0)
        {
            _treeBuffer = new byte[TreeBufferNodes * BlobTree.NodeBytes];
        }
        else if (_treeBuffered == _treeBuffer.Length)
        {
            WriteTree();
        }
        node.CopyTo(_treeBuffer.AsSpan(_treeBuffered));
        _treeBuffered += BlobTree.NodeBytes;
    }

    private void WriteTree()
    {
        _tree ??= File.OpenHandle(TreePath, FileMode.CreateNew, FileAccess.Write, FileShare.Delete);
        RandomAccess.Write(_tree, _treeBuffer.AsSpan(0, _treeBuffered), _treeWritten);
        _treeWritten += _treeBuffered;
        _treeBuffered = 0;
    }
}
