using System.Diagnostics.CodeAnalysis;
using Marketplace.Engine.Guests.Wasi.Files;

namespace Marketplace.Engine.Guests.Wasi;

/// <summary>
/// The open descriptors of a run: 0 to 2 are its streams, 3 the root of its files. A new one gets the lowest free number. The files are
/// made when a program first looks behind its streams: most never do.
/// </summary>
internal sealed class Descriptors(Func<FileTree> files)
{
    private const int RootDescriptor = 3;

    private readonly List<Descriptor?> _open =
    [
        Descriptor.OfStream(Stream.Input),
        Descriptor.OfStream(Stream.Output),
        Descriptor.OfStream(Stream.Log),
    ];

    private FileTree? _files;

    public FileTree Files
    {
        get
        {
            if (_files is null)
            {
                _files = files();
                _open.Add(Descriptor.OfRoot(_files.Root));
                _files.Root.Openings++;
            }

            return _files;
        }
    }

    /// <summary>The files, where the program ever looked at them.</summary>
    public FileTree? FilesIfUsed => _files;

    public bool TryGet(uint number, [NotNullWhen(true)] out Descriptor? descriptor)
    {
        if (number >= RootDescriptor)
        {
            _ = Files;
        }
        descriptor = number < _open.Count ? _open[(int)number] : null;
        return descriptor is not null;
    }

    public bool CanOpen => _open.Count < GuestPolicy.DescriptorsMax || _open.Contains(null);

    /// <returns>The descriptor's number. There is one: <see cref="CanOpen"/>.</returns>
    public uint Open(Descriptor descriptor)
    {
        var free = _open.IndexOf(null);
        if (free < 0)
        {
            free = _open.Count;
            _open.Add(null);
        }

        _open[free] = descriptor;
        descriptor.Node!.Openings++;
        return (uint)free;
    }

    public Errno Close(uint number)
    {
        if (!TryGet(number, out var descriptor))
        {
            return Errno.BadFile;
        }
        _open[(int)number] = null;
        if (descriptor.Node is { } node)
        {
            Files.Close(node);
        }
        return Errno.Success;
    }

    /// <summary>Closes what has the number <paramref name="to"/> and gives it to what had <paramref name="from"/>.</summary>
    public Errno Renumber(uint from, uint to)
    {
        if (!TryGet(from, out var moved) || !TryGet(to, out _))
        {
            return Errno.BadFile;
        }
        if (from == to)
        {
            return Errno.Success;
        }
        Close(to);
        _open[(int)to] = moved;
        _open[(int)from] = null;
        return Errno.Success;
    }
}
