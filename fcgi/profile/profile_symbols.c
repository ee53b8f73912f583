/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading ELF files.  They are those this process runs, and yet nothing is
 * believed that points outside of the file.
 */
#include "fcgi/profile/profile_symbols.h"

#include "lib/limits.h"
#include "lib/xalloc.h"

#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEBUG_FILES "/usr/lib/debug/.build-id/"
#define NOTE_OWNER "GNU"

#if UINTPTR_MAX > UINT32_MAX
#define NATIVE_CLASS ELFCLASS64
#define SYMBOL_TYPE(info) ELF64_ST_TYPE(info)
#else
#define NATIVE_CLASS ELFCLASS32
#define SYMBOL_TYPE(info) ELF32_ST_TYPE(info)
#endif

struct elf {
	const unsigned char *bytes; /* NULL: no file, or not of this kind */
	size_t size;
};

struct table {
	const ElfW(Sym) * symbols;
	size_t count;
	const char *names;
	size_t names_size; /* the last of them is a NUL */
};

struct file {
	char *path;
	struct elf elf;
	struct elf debug;
	struct table table;
	bool complete;
	char build_id[PROFILE_SYMBOLS_ID_SIZE];
};

struct profile_symbols {
	struct file *files;
	size_t count;
};

/* ---- a file as bytes
 * --------------------------------------------------------- */

/* ${count} pieces of ${size} bytes, aligned unless they are bytes; or NULL. */
static const void *
piece(const struct elf *elf, uint64_t offset, uint64_t count, uint64_t size)
{
	if (offset > elf->size ||
	    (size > 1 && offset % sizeof(ElfW(Addr)) != 0) ||
	    count > (elf->size - offset) / size)
		return NULL;
	return elf->bytes + offset;
}

static const ElfW(Ehdr) * header(const struct elf *elf)
{
	return (const ElfW(Ehdr) *)(const void *)elf->bytes;
}

static bool
is_usable(const struct elf *elf)
{
	const ElfW(Ehdr) *h = header(elf);

	return elf->size >= sizeof *h &&
	       memcmp(h->e_ident, ELFMAG, SELFMAG) == 0 &&
	       h->e_ident[EI_CLASS] == NATIVE_CLASS &&
	       (h->e_phnum == 0 || h->e_phentsize == sizeof(ElfW(Phdr))) &&
	       (h->e_shnum == 0 || h->e_shentsize == sizeof(ElfW(Shdr)));
}

static void
elf_close(struct elf *elf)
{
	if (elf->bytes != NULL)
		munmap((void *)(uintptr_t)elf->bytes, elf->size);
	elf->bytes = NULL;
}

static void
elf_open(struct elf *elf, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *bytes = MAP_FAILED;
	struct stat st;

	elf->bytes = NULL;
	elf->size = 0;
	if (fd == -1)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    (uint64_t)st.st_size <= LIMIT_PROFILE_SYMBOLS)
		bytes = mmap(
		    NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		return;
	elf->bytes = bytes;
	elf->size = (size_t)st.st_size;
	if (!is_usable(elf))
		elf_close(elf);
}

static const ElfW(Phdr) * segments(const struct elf *elf, size_t *count)
{
	const ElfW(Ehdr) *h = header(elf);

	*count = h->e_phnum;
	return piece(elf, h->e_phoff, h->e_phnum, sizeof(ElfW(Phdr)));
}

/* ---- symbol tables
 * ----------------------------------------------------------- */

/* The table of a section of type ${type}; false: there is none. */
static bool
find_table(struct table *t, const struct elf *elf, uint32_t type)
{
	const ElfW(Ehdr) *h = header(elf);
	const ElfW(Shdr) * sections, *names;
	size_t i = 0;

	sections = piece(elf, h->e_shoff, h->e_shnum, sizeof *sections);
	if (sections == NULL)
		return false;
	while (i < h->e_shnum && sections[i].sh_type != type)
		i++;
	if (i == h->e_shnum || sections[i].sh_link >= h->e_shnum)
		return false;
	names = &sections[sections[i].sh_link];
	t->count = sections[i].sh_size / sizeof *t->symbols;
	t->symbols =
	    piece(elf, sections[i].sh_offset, t->count, sizeof *t->symbols);
	t->names_size = names->sh_size;
	if (names->sh_offset > elf->size ||
	    names->sh_size > elf->size - names->sh_offset)
		return false;
	t->names = (const char *)elf->bytes + names->sh_offset;
	return t->symbols != NULL && t->names_size > 0 &&
	       t->names[t->names_size - 1] == '\0';
}

static const char *
name_in(const struct table *t, uint64_t address)
{
	for (size_t i = 0; i < t->count; i++) {
		const ElfW(Sym) *s = &t->symbols[i];

		if (SYMBOL_TYPE(s->st_info) == STT_FUNC &&
		    s->st_shndx != SHN_UNDEF && address >= s->st_value &&
		    address - s->st_value < s->st_size &&
		    s->st_name < t->names_size)
			return t->names + s->st_name;
	}
	return NULL;
}

/* Where the program has byte ${offset} of the file. */
static bool
address_of(uint64_t *address, const struct elf *elf, uint64_t offset)
{
	size_t count;
	const ElfW(Phdr) *p = segments(elf, &count);

	for (size_t i = 0; p != NULL && i < count; i++)
		if (p[i].p_type == PT_LOAD && offset >= p[i].p_offset &&
		    offset - p[i].p_offset < p[i].p_filesz) {
			*address = offset - p[i].p_offset + p[i].p_vaddr;
			return true;
		}
	return false;
}

/* ---- build ids
 * --------------------------------------------------------------- */

static size_t
rounded(uint32_t size)
{
	return ((size_t)size + 3) & ~(size_t)3;
}

/* The id among the notes of one segment. */
static bool
id_in_notes(char *id, const unsigned char *at, size_t left)
{
	ElfW(Nhdr) note;

	while (left >= sizeof note) {
		size_t name, descriptor;

		memcpy(&note, at, sizeof note);
		name = rounded(note.n_namesz);
		descriptor = rounded(note.n_descsz);
		at += sizeof note;
		left -= sizeof note;
		if (name > left || descriptor > left - name)
			return false;
		if (note.n_type == NT_GNU_BUILD_ID &&
		    note.n_namesz == sizeof NOTE_OWNER &&
		    memcmp(at, NOTE_OWNER, sizeof NOTE_OWNER) == 0 &&
		    2 * note.n_descsz < PROFILE_SYMBOLS_ID_SIZE) {
			for (size_t i = 0; i < note.n_descsz; i++)
				snprintf(id + 2 * i, 3, "%02x", at[name + i]);
			return true;
		}
		at += name + descriptor;
		left -= name + descriptor;
	}
	return false;
}

static void
read_build_id(char *id, const struct elf *elf)
{
	size_t count;
	const ElfW(Phdr) *p = segments(elf, &count);

	id[0] = '\0';
	for (size_t i = 0; p != NULL && i < count; i++) {
		const void *notes;

		if (p[i].p_type != PT_NOTE)
			continue;
		notes = piece(elf, p[i].p_offset, p[i].p_filesz, 1);
		if (notes != NULL && id_in_notes(id, notes, p[i].p_filesz))
			return;
	}
}

/* ---- all files of a process
 * -------------------------------------------------- */

static void
open_debug_file(struct file *f)
{
	char path[sizeof DEBUG_FILES + PROFILE_SYMBOLS_ID_SIZE +
		  sizeof "/.debug"];

	if (strlen(f->build_id) < 3)
		return;
	snprintf(path, sizeof path, DEBUG_FILES "%.2s/%s.debug", f->build_id,
	    f->build_id + 2);
	elf_open(&f->debug, path);
}

static void
file_open(struct file *f, const char *path)
{
	*f = (struct file){ .path = xstrdup(path) };
	elf_open(&f->elf, path);
	if (f->elf.bytes == NULL)
		return;
	read_build_id(f->build_id, &f->elf);
	f->complete = find_table(&f->table, &f->elf, SHT_SYMTAB);
	if (f->complete)
		return;
	open_debug_file(f);
	f->complete = f->debug.bytes != NULL &&
		      find_table(&f->table, &f->debug, SHT_SYMTAB);
	if (!f->complete && !find_table(&f->table, &f->elf, SHT_DYNSYM))
		f->table.count = 0;
}

static struct file *
find(const struct profile_symbols *s, const char *path)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->files[i].path, path) == 0)
			return &s->files[i];
	return NULL;
}

struct profile_symbols *
profile_symbols_new(const struct profile_maps *maps)
{
	struct profile_symbols *s = xcalloc(1, sizeof *s);

	s->files = xcalloc(maps->count + 1, sizeof *s->files);
	for (size_t i = 0; i < maps->count; i++)
		if (maps->list[i].path[0] == '/' &&
		    find(s, maps->list[i].path) == NULL)
			file_open(&s->files[s->count++], maps->list[i].path);
	return s;
}

void
profile_symbols_free(struct profile_symbols *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->count; i++) {
		elf_close(&s->files[i].elf);
		elf_close(&s->files[i].debug);
		free(s->files[i].path);
	}
	free(s->files);
	free(s);
}

const char *
profile_symbols_name(
    const struct profile_symbols *s, const char *path, uint64_t offset)
{
	const struct file *f = find(s, path);
	uint64_t address;

	if (f == NULL || f->elf.bytes == NULL ||
	    !address_of(&address, &f->elf, offset))
		return NULL;
	return name_in(&f->table, address);
}

bool
profile_symbols_complete(const struct profile_symbols *s, const char *path)
{
	const struct file *f = find(s, path);

	return f != NULL && f->complete;
}

const char *
profile_symbols_build_id(const struct profile_symbols *s, const char *path)
{
	const struct file *f = find(s, path);

	return f == NULL ? "" : f->build_id;
}
