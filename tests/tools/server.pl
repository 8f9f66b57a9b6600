# SPDX-License-Identifier: GPL-2.0-or-later
# server.pl FOLDER FILE READY [N]: mounts a file system on the folder, in which every name is FILE, and writes to the fifo
# READY. It answers until it is stopped, which it does itself at its Nth request; then whoever asks waits, as for a file
# server that is gone. Source: linux/fuse.h
use strict;
use warnings;

my ($folder, $file, $ready, $last) = @ARGV;
my %mount = (x86_64 => 165, aarch64 => 40);
chomp(my $machine = `uname -m`);
open(my $fuse, '+<', '/dev/fuse') or die "/dev/fuse: $!";
open(my $image, '+<', $file) or die "$file: $!";
my ($source, $type, $data) = ('server', 'fuse', 'fd=' . fileno($fuse) . ',rootmode=40000,user_id=0,group_id=0');
syscall($mount{$machine}, $source, $folder, $type, 0, $data) == 0 or die "mount: $!";
open(my $fifo, '>', $ready) or die;
close $fifo;

sub attributes {	# of node 1, the folder, or of the file
	my $mode = $_[0] == 1 ? 040755 : 0100644;
	return pack('Q6 L10', $_[0], $_[0] == 1 ? 0 : -s $image, 0, 0, 0, 0, 0, 0, 0, $mode, 1, 0, 0, 0, 4096, 0);
}

while (sysread($fuse, my $request, 1 << 20)) {
	my ($length, $call, $unique, $node) = unpack('L L Q Q', $request);
	my ($answer, $error) = ('', 0);
	kill('STOP', $$) if defined $last && !--$last;
	if ($call == 26) { $answer = pack('L4 S2 L2 S2 L7', 7, 31, 65536, 0, 12, 9, 65536, 1, 0, 0, (0) x 7); }	# INIT
	elsif ($call == 1) { $answer = pack('Q4 L2', 2, 0, 0, 0, 0, 0) . attributes(2); }			# LOOKUP
	elsif ($call == 3) { $answer = pack('Q L2', 0, 0, 0) . attributes($node); }				# GETATTR
	elsif ($call == 14) { $answer = pack('Q L2', 1, 0, 0); }						# OPEN
	elsif ($call == 2 || $call == 42) { next; }								# FORGET
	elsif ($call == 25 || $call == 18) { }									# FLUSH, RELEASE
	elsif ($call == 15) {											# READ
		my (undef, $offset, $size) = unpack('Q Q L', substr($request, 40));
		sysseek($image, $offset, 0);
		sysread($image, $answer, $size);
	}
	else { $error = -38; }
	syswrite($fuse, pack('L l Q', 16 + length $answer, $error, $unique) . $answer);
}
