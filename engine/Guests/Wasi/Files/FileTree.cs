using System.Text;

namespace Marketplace.Engine.Guests.Wasi.Files;

/// <summary>
/// The files of one run, in memory: a root that can be written, <c>/in</c> with what came with the job, <c>/out</c> for what it gives back
/// and <c>/tmp</c>. Bounded in number and bytes; the bounds count what a name or a descriptor still leads to.
/// </summary>
internal sealed class FileTree
{
    private const string InputDirectory = GuestPolicy.InputDirectory;
    private const string OutputDirectory = GuestPolicy.OutputDirectory;
    private const string ScratchDirectory = GuestPolicy.ScratchDirectory;

    private readonly GuestRun _run;
    private readonly DirectoryNode _output;
    private int _nodes;
    private long _bytes;
    private ulong _lastNumber;

    /// <param name="run">Pays for what is done to the files.</param>
    /// <param name="files">What there is at the start; passed <see cref="Check"/>.</param>
    public FileTree(GuestRun run, IReadOnlyList<GuestFile> files)
    {
        _run = run;
        Root = new DirectoryNode(NextNumber(), isReadOnly: false, Now) { IsFixed = true, Links = 1 };
        var input = AddFixed(InputDirectory, isReadOnly: true);
        _output = AddFixed(OutputDirectory, isReadOnly: false);
        AddFixed(ScratchDirectory, isReadOnly: false);
        foreach (var file in files)
        {
            AddGiven(file, input);
        }
    }

    public DirectoryNode Root { get; }

    private ulong Now => _run.NowNanoseconds;

    /// <exception cref="ArgumentException">A path is none, the files cannot stand together, or there are too many.</exception>
    public static void Check(IReadOnlyList<GuestFile> files)
    {
        if (files.Count > GuestPolicy.InputFilesMax)
        {
            throw new ArgumentException($"{files.Count} files, the limit is {GuestPolicy.InputFilesMax}.", nameof(files));
        }
        HashSet<string> paths = [];
        var writable = 0L;
        foreach (var file in files)
        {
            if (!file.Path.StartsWith('/') || !GuestFile.IsName(file.Path[1..]))
            {
                throw new ArgumentException($"'{GuestNames.Show(file.Path)}' is no path of a file.", nameof(files));
            }
            if (!paths.Add(file.Path) || file.Path is InputDirectory or OutputDirectory or ScratchDirectory)
            {
                throw new ArgumentException($"There are two files {GuestNames.Show(file.Path)}.", nameof(files));
            }
            writable += file.Path.StartsWith(InputDirectory + "/", StringComparison.Ordinal) ? 0 : file.Content.Length;
        }

        foreach (var path in paths)
        {
            for (var end = path.LastIndexOf('/'); end > 0; end = path.LastIndexOf('/', end - 1))
            {
                if (paths.Contains(path[..end]))
                {
                    throw new ArgumentException($"{GuestNames.Show(path)} is under a file.", nameof(files));
                }
            }
        }

        if (writable > GuestPolicy.FileBytesMax)
        {
            throw new ArgumentException(
                $"{writable} bytes of files outside {InputDirectory}, the limit is {GuestPolicy.FileBytesMax}.",
                nameof(files)
            );
        }
    }

    public Errno CreateFile(DirectoryNode parent, string name, out FileNode? file)
    {
        file = null;
        var error = CheckRoom(parent);
        if (error == Errno.Success)
        {
            Insert(parent, name, file = new FileNode(NextNumber(), Now));
        }
        return error;
    }

    public Errno CreateDirectory(DirectoryNode parent, string name)
    {
        var error = CheckRoom(parent);
        if (error != Errno.Success)
        {
            return error;
        }
        if (parent.Depth() + 1 > GuestPolicy.FileDepthMax)
        {
            return Errno.NameTooLong;
        }
        Insert(parent, name, new DirectoryNode(NextNumber(), isReadOnly: false, Now));
        return Errno.Success;
    }

    public Errno CreateLink(DirectoryNode parent, string name, string target)
    {
        var error = CheckRoom(parent);
        if (error != Errno.Success)
        {
            return error;
        }
        var link = new LinkNode(NextNumber(), target, Encoding.UTF8.GetByteCount(target), Now);
        if (link.HeldBytes > GuestPolicy.FileBytesMax - _bytes)
        {
            return Errno.NoSpace;
        }
        _run.Charge(link.HeldBytes * GuestPolicy.FuelPerFileByte);
        _bytes += link.HeldBytes;
        Insert(parent, name, link);
        return Errno.Success;
    }

    /// <summary>Gives a file or link a second name.</summary>
    public Errno AddName(DirectoryNode parent, string name, Node node)
    {
        var error = CheckRoom(parent);
        if (error != Errno.Success)
        {
            return error;
        }
        if (node.IsReadOnly)
        {
            return Errno.CrossDevice;
        }
        node.Changed = Now;
        parent.Add(name, node);
        Touch(parent);

        // A name costs like a file, or links would be without bound.
        _nodes++;
        return Errno.Success;
    }

    /// <summary>Takes a name away; the node stays as long as another name or a descriptor leads to it.</summary>
    public Errno Remove(DirectoryNode parent, string name, Node node)
    {
        if (parent.IsReadOnly)
        {
            return Errno.ReadOnlyFiles;
        }
        if (node is DirectoryNode { IsFixed: true })
        {
            return Errno.Busy;
        }
        if (node is DirectoryNode { Count: > 0 })
        {
            return Errno.NotEmpty;
        }
        Unname(parent, name, node);
        return Errno.Success;
    }

    public Errno Rename(Place from, Place to)
    {
        var node = from.Node!;
        if (from.Parent!.IsReadOnly || to.Parent!.IsReadOnly)
        {
            return Errno.ReadOnlyFiles;
        }
        if (node is DirectoryNode { IsFixed: true } || to.Node is DirectoryNode { IsFixed: true })
        {
            return Errno.Busy;
        }
        if (node == to.Node)
        {
            return Errno.Success;
        }
        if (to.Parent.IsRemoved)
        {
            return Errno.NoEntry;
        }
        if (node is DirectoryNode moved)
        {
            if (to.Parent.IsWithin(moved))
            {
                return Errno.Invalid;
            }
            if (to.Node is not (null or DirectoryNode))
            {
                return Errno.NotDirectory;
            }
            if (to.Parent.Depth() + 1 + Height(moved) > GuestPolicy.FileDepthMax)
            {
                return Errno.NameTooLong;
            }
        }
        else if (to.Node is DirectoryNode)
        {
            return Errno.IsDirectory;
        }

        if (to.Node is DirectoryNode { Count: > 0 })
        {
            return Errno.NotEmpty;
        }
        if (to.Node is { } replaced)
        {
            Unname(to.Parent, to.Name, replaced);
        }
        _run.Charge(from.Parent.Count);
        from.Parent.Remove(from.Name);
        to.Parent.Add(to.Name, node);
        node.Changed = Now;
        Touch(from.Parent);
        Touch(to.Parent);
        return Errno.Success;
    }

    /// <summary>Makes a file longer, by zeros, or shorter.</summary>
    public Errno SetLength(FileNode file, ulong length)
    {
        if (file.IsReadOnly)
        {
            return Errno.ReadOnlyFiles;
        }
        if (length > GuestPolicy.FileBytesMax)
        {
            return Errno.FileTooBig;
        }
        var growth = (long)length - file.Length;
        if (growth > GuestPolicy.FileBytesMax - _bytes)
        {
            return Errno.NoSpace;
        }
        if (growth > 0)
        {
            _run.Charge(growth * GuestPolicy.FuelPerFileByte);
        }
        _bytes += growth;
        file.SetLength((long)length);
        Touch(file);
        return Errno.Success;
    }

    /// <summary>Makes room for a write of so many bytes at the offset: either all of them fit or none is written.</summary>
    public Errno MakeRoom(FileNode file, ulong offset, long size)
    {
        if (file.IsReadOnly)
        {
            return Errno.ReadOnlyFiles;
        }
        if (size == 0)
        {
            return Errno.Success;
        }
        if (offset > GuestPolicy.FileBytesMax)
        {
            return Errno.FileTooBig;
        }
        if ((long)offset + size > file.Length)
        {
            return SetLength(file, offset + (ulong)size);
        }
        Touch(file);
        return Errno.Success;
    }

    /// <summary>A descriptor on the node was closed.</summary>
    public void Close(Node node)
    {
        node.Openings--;
        Release(node);
    }

    /// <returns>The files under the output directory, in the order of their paths' bytes.</returns>
    /// <exception cref="GuestStop">There are more than a job may give back, or one has a name that is none elsewhere.</exception>
    public IReadOnlyList<GuestFile> Outputs()
    {
        List<GuestFile> files = [];
        var bytes = 0L;
        Stack<(string Path, DirectoryNode Directory)> rest = new([("", _output)]);
        while (rest.TryPop(out var at))
        {
            foreach (var entry in at.Directory.Entries)
            {
                var path = at.Path + entry.Name;
                if (entry.Node is DirectoryNode directory)
                {
                    rest.Push((path + "/", directory));
                }
                else if (entry.Node is FileNode file)
                {
                    AddOutput(files, path, file, ref bytes);
                }
            }
        }

        files.Sort((left, right) => Encoding.UTF8.GetBytes(left.Path).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right.Path)));
        return files;
    }

    private static void AddOutput(List<GuestFile> files, string path, FileNode file, ref long bytes)
    {
        if (files.Count == GuestPolicy.OutputFilesMax)
        {
            throw new GuestStop(
                GuestOutcome.OutputTooLarge,
                null,
                $"{OutputDirectory} has more than {GuestPolicy.OutputFilesMax} files, which is the limit"
            );
        }

        // A file with several names is given back under each of them.
        bytes += file.Length;
        if (bytes > GuestPolicy.FileBytesMax)
        {
            throw new GuestStop(
                GuestOutcome.OutputTooLarge,
                null,
                $"the files in {OutputDirectory} have at least {bytes} bytes under all their names, the limit is {GuestPolicy.FileBytesMax}"
            );
        }

        if (!GuestFile.IsName(path))
        {
            throw GuestStop.Failed($"'{GuestNames.Show(path)}' in {OutputDirectory} has a name that an output cannot have");
        }
        files.Add(new GuestFile(path, file.ToMemory()));
    }

    private DirectoryNode AddFixed(string path, bool isReadOnly)
    {
        var directory = new DirectoryNode(NextNumber(), isReadOnly, Now) { IsFixed = true };
        Root.Add(path[1..], directory);
        return directory;
    }

    // Check has seen that the paths can stand together.
    private void AddGiven(GuestFile file, DirectoryNode input)
    {
        var parts = file.Path[1..].Split('/');
        var at = Root;
        foreach (var part in parts[..^1])
        {
            if (at.Find(part) is null)
            {
                Insert(at, part, new DirectoryNode(NextNumber(), at.IsReadOnly, Now));
            }
            at = (DirectoryNode)at.Find(part)!;
        }

        if (at.IsWithin(input))
        {
            Insert(at, parts[^1], new FileNode(NextNumber(), file.Content, Now));
            return;
        }

        var node = new FileNode(NextNumber(), Now);
        Insert(at, parts[^1], node);
        node.SetLength(file.Content.Length);
        node.Write(0, file.Content.Span);
        _bytes += file.Content.Length;
    }

    private void Insert(DirectoryNode parent, string name, Node node)
    {
        _nodes++;
        parent.Add(name, node);
        Touch(parent);
    }

    private Errno CheckRoom(DirectoryNode parent)
    {
        if (parent.IsReadOnly)
        {
            return Errno.ReadOnlyFiles;
        }
        if (parent.IsRemoved)
        {
            return Errno.NoEntry;
        }
        _run.Charge(GuestPolicy.FuelPerNewFile);
        return _nodes < GuestPolicy.FilesMax ? Errno.Success : Errno.NoSpace;
    }

    private void Unname(DirectoryNode parent, string name, Node node)
    {
        // Taking an entry out of the list moves those behind it.
        _run.Charge(parent.Count);
        parent.Remove(name);
        node.Changed = Now;
        Touch(parent);
        if (node.Links > 0)
        {
            _nodes--;
        }
        else
        {
            Release(node);
        }
    }

    private void Release(Node node)
    {
        if (node.Links > 0 || node.Openings > 0)
        {
            return;
        }
        _nodes--;
        _bytes -= node switch
        {
            FileNode { IsReadOnly: false } file => file.Length,
            LinkNode link => link.HeldBytes,
            _ => 0,
        };
    }

    /// <summary>How many directories stand below each other in this one.</summary>
    private int Height(DirectoryNode directory)
    {
        var height = 0;
        Stack<(DirectoryNode Directory, int Depth)> rest = new([(directory, 0)]);
        while (rest.TryPop(out var at))
        {
            height = Math.Max(height, at.Depth);
            _run.Charge(at.Directory.Count * (long)GuestPolicy.FuelPerListedKey);
            foreach (var entry in at.Directory.Entries)
            {
                if (entry.Node is DirectoryNode child)
                {
                    rest.Push((child, at.Depth + 1));
                }
            }
        }

        return height;
    }

    private void Touch(Node node) => node.Modified = node.Changed = Now;

    private ulong NextNumber() => ++_lastNumber;
}
