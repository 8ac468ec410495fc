using System.Buffers.Binary;
using System.Text;

namespace Marketplace.Guests.Tests;

/// <summary>Writes a script for the fixture <c>probe</c> and reads its answers: calls of host functions with any arguments.</summary>
/// <remarks>Apart from the runs, because tests of whole silos write scripts too.</remarks>
internal sealed partial class Probe
{
    /// <summary>From here to <see cref="End"/> the guest's memory is the script's.</summary>
    public const uint Scratch = 0x80000;

    /// <summary>The first address behind the command's memory; the ONVM program's has pages for its input behind it.</summary>
    public const uint End = 0x100000;

    /// <summary>In the order of fixtures/functions.def.</summary>
    public static readonly string[] Functions =
    [
        "args_get",
        "environ_get",
        "args_sizes_get",
        "environ_sizes_get",
        "clock_res_get",
        "clock_time_get",
        "random_get",
        "poll_oneoff",
        "sched_yield",
        "proc_raise",
        "proc_exit",
        "fd_read",
        "fd_write",
        "fd_close",
        "fd_renumber",
        "fd_fdstat_get",
        "fd_filestat_get",
        "fd_fdstat_set_flags",
        "fd_fdstat_set_rights",
        "fd_seek",
        "fd_tell",
        "fd_pread",
        "fd_pwrite",
        "fd_advise",
        "fd_allocate",
        "fd_sync",
        "fd_datasync",
        "fd_filestat_set_size",
        "fd_filestat_set_times",
        "fd_readdir",
        "fd_prestat_get",
        "fd_prestat_dir_name",
        "path_create_directory",
        "path_filestat_get",
        "path_filestat_set_times",
        "path_link",
        "path_open",
        "path_readlink",
        "path_remove_directory",
        "path_rename",
        "path_symlink",
        "path_unlink_file",
        "sock_accept",
        "sock_recv",
        "sock_send",
        "sock_shutdown",
        "onvm_blob_exists",
        "onvm_blob_len",
        "onvm_blob_hash",
        "onvm_blob_read",
        "onvm_state_put",
        "onvm_state_get",
        "onvm_state_exists",
        "onvm_state_len",
        "onvm_state_del",
        "onvm_state_list",
        "onvm_state_root",
        "onvm_log",
        "onvm_now_ms",
        "onvm_random_bytes",
        "onvm_crypto_hash",
        "onvm_crypto_secp256k1_verify",
        "onvm_crypto_secp256k1_recover",
    ];

    private readonly MemoryStream _script = new();
    private readonly List<int> _answerSizes = [];

    public Probe Call(string function, params ReadOnlySpan<long> arguments)
    {
        _script.WriteByte(1);
        _script.WriteByte((byte)Array.IndexOf(Functions, function));
        _script.WriteByte((byte)arguments.Length);
        foreach (var argument in arguments)
        {
            Write(argument, sizeof(long));
        }
        _answerSizes.Add(sizeof(long));
        return this;
    }

    public Probe Poke(uint address, ReadOnlySpan<byte> bytes)
    {
        _script.WriteByte(2);
        Write(address, sizeof(uint));
        Write(bytes.Length, sizeof(uint));
        _script.Write(bytes);
        return this;
    }

    public Probe Poke(uint address, params ReadOnlySpan<uint> words)
    {
        foreach (var word in words)
        {
            var bytes = new byte[sizeof(uint)];
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, word);
            Poke(address, bytes.AsSpan());
            address += sizeof(uint);
        }

        return this;
    }

    public Probe Peek(uint address, int size)
    {
        _script.WriteByte(3);
        Write(address, sizeof(uint));
        Write(size, sizeof(uint));
        _answerSizes.Add(size);
        return this;
    }

    /// <summary>The steps so far, as the fixture reads them.</summary>
    public byte[] Script() => _script.ToArray();

    private void Write(long value, int size)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        _script.Write(bytes[..size]);
    }

    /// <summary>What one step gave: a call's result, or bytes.</summary>
    internal readonly record struct Answer(byte[] Bytes)
    {
        public long Result => BinaryPrimitives.ReadInt64LittleEndian(Bytes);

        public uint U32 => BinaryPrimitives.ReadUInt32LittleEndian(Bytes);

        public ulong U64 => BinaryPrimitives.ReadUInt64LittleEndian(Bytes);

        public string Hex => Convert.ToHexStringLower(Bytes);

        public string Text => Encoding.UTF8.GetString(Bytes);
    }
}
